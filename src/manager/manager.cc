#include "genro/storage/manager.h"

#include <cstdio>
#include <utility>

#include "backends/loadable.h"
#include "core/env.h"
#include "genro/storage/error.h"
#include "manager/config_file.h"
#include "manager/mount_builder.h"
#include "node/encryption/key_ring.h"
#include "node/mount.h"

namespace genro::storage {
namespace {

void warn_on_stderr(const std::string& text) { std::fprintf(stderr, "genro-storage: warning: %s\n", text.c_str()); }

/// `mount` in the place of the one with its name, or at the end.
void put_mount(MountTable& table, MountPointer mount) {
  for (MountPointer& known : table) {
    if (known->name == mount->name) {
      known = std::move(mount);
      return;
    }
  }
  table.push_back(std::move(mount));
}

void publish(ManagerState& state, MountPointer mount) {
  const std::lock_guard changing(state.changing());
  auto table = std::make_shared<MountTable>(*state.table());
  put_mount(*table, std::move(mount));
  state.replace(std::move(table));
}

}  // namespace

StorageManager::StorageManager()
    : StorageManager(std::make_shared<ManagerState>(Env::system(), std::make_shared<KeyRing>(*Env::system().clock))) {}

void StorageManager::configure(std::vector<MountConfig> mounts, const ConfigureOptions& options) {
  const BuildOptions build{state_->env, options.strict, options.warn ? options.warn : warn_on_stderr, state_->keys,
                           options.cipher};
  if (options.storage_key) set_encryption_keys(*options.storage_key);
  const std::lock_guard changing(state_->changing());
  auto table = std::make_shared<MountTable>(*state_->table());
  for (const MountConfig& mount : mounts) put_mount(*table, build_mount(mount, *table, build));
  state_->replace(std::move(table));
}

void StorageManager::configure(const std::string& yaml_or_json_file, const ConfigureOptions& options) {
  configure(load_config_file(yaml_or_json_file), options);
}

void StorageManager::add_mount(MountConfig mount, const ConfigureOptions& options) {
  std::vector<MountConfig> one;
  one.push_back(std::move(mount));
  configure(std::move(one), options);
}

void StorageManager::mount(std::string name, std::shared_ptr<Backend> backend,
                           std::optional<Capabilities> capabilities) {
  check_mount_name(name);
  auto mount = std::make_shared<Mount>(*wrap_backend(std::move(name), std::move(backend), state_->env, state_->keys));
  if (capabilities) mount->capabilities = limited(*capabilities, mount->permission);
  publish(*state_, std::move(mount));
}

void StorageManager::add_mount_of(std::string name, const Node& node) {
  check_mount_name(name);
  if (node.detached())
    throw Error(ErrorCode::invalid_argument, "mount", node.fullpath(), "the node belongs to no mount");
  auto mount = std::make_shared<Mount>(*node.mount());
  mount->name = std::move(name);
  mount->default_encrypted = false;  // a mount declares its own
  mount->keys = state_->keys;
  publish(*state_, std::move(mount));
}

std::string StorageManager::load_backend(const std::string& file) { return std::string(load_protocol(file).name); }

void StorageManager::delete_mount(const std::string& name) {
  const std::lock_guard changing(state_->changing());
  state_->require(name);
  auto table = std::make_shared<MountTable>(*state_->table());
  std::erase_if(*table, [&](const MountPointer& mount) { return mount->name == name; });
  state_->replace(std::move(table));
}

std::vector<std::string> StorageManager::get_mount_names() const {
  const std::shared_ptr<const MountTable> table = state_->table();
  std::vector<std::string> names;
  names.reserve(table->size());
  for (const MountPointer& mount : *table) names.push_back(mount->name);
  return names;
}

bool StorageManager::has_mount(std::string_view name) const { return state_->find(name) != nullptr; }
void StorageManager::set_mimetype(std::string_view extension, std::string mimetype) {
  state_->set_mimetype(extension, std::move(mimetype));
}

Node StorageManager::node(std::string_view address, std::string_view more) const {
  return node_at(state_, address, more);
}

Node StorageManager::node(std::string_view address, const std::vector<std::string>& parts,
                          VersionSelector version) const {
  std::string more;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) more += '/';
    more += parts[i];
  }
  const Node plain = node(address, more);
  return Node(state_, plain.mount(), plain.path(), std::move(version));
}

}  // namespace genro::storage

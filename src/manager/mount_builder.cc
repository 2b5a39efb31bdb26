#include "manager/mount_builder.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "backends/loadable.h"
#include "backends/protocols.h"
#include "core/path.h"
#include "genro/storage/error.h"
#include "layers/permission.h"
#include "layers/prefix.h"
#include "layers/retry.h"
#include "manager/mount_keys.h"
#include "manager/nearest.h"
#include "manager/references.h"
#include "manager/resolver.h"
#include "node/encryption/key_ring.h"

namespace genro::storage {
namespace {

const ConfigValue* find(const MountConfig& config, std::string_view key) {
  for (const auto& [name, value] : config) {
    if (name == key) return value.is_null() ? nullptr : &value;
  }
  return nullptr;
}

bool given(const MountConfig& config, std::string_view key) {
  return std::any_of(config.begin(), config.end(), [&](const auto& item) { return item.first == key; });
}

std::string in_quotes(std::string_view text) { return "'" + std::string(text) + "'"; }

Error wrong(const std::string& mount, const std::string& why) {
  return Error(ErrorCode::config, "mount " + in_quotes(mount) + ": " + why);
}

std::string name_of(const MountConfig& config) {
  const ConfigValue* value = find(config, "name");
  if (!value) throw Error(ErrorCode::config, "a mount is missing required field: 'name'");
  const std::string* name = value->string();
  if (!name) throw Error(ErrorCode::config, "a mount's 'name' must be a string");
  check_mount_name(*name);
  return *name;
}

// The protocol, or "" for a mount on another mount.
std::string protocol_of(const MountConfig& config, const std::string& mount, const BuildOptions& options) {
  const ConfigValue* protocol = find(config, "protocol");
  const ConfigValue* alias = find(config, "type");
  if (!protocol && !alias) {
    const ConfigValue* path = find(config, "path");
    if (path && path->string() && path->string()->find(':') != std::string::npos) return {};
  }
  if (!protocol && alias) {
    options.warn("mount " + in_quotes(mount) + ": the 'type' field is deprecated, use 'protocol' instead");
    protocol = alias;
  }
  if (!protocol) throw wrong(mount, "missing required field: 'protocol'");
  const std::string* name = protocol->string();
  if (!name) throw wrong(mount, "'protocol' must be a string");
  if (name->empty()) throw wrong(mount, "missing required field: 'protocol'");
  return *name;
}

const Protocol& require_protocol(const std::string& name, const std::string& mount) {
  const Protocol* found = find_protocol(name);
  if (found && is_available(*found)) return *found;
  std::string available;
  for (const Protocol* protocol : all_protocols()) {
    if (is_available(*protocol)) available.append(available.empty() ? "" : ", ").append(protocol->name);
  }
  if (found) {
    throw wrong(mount, "protocol " + in_quotes(name) + " is not available in this version. Available: " + available +
                           ". In Python the package fsspec can serve it: protocol 'fsspec', filesystem " +
                           in_quotes(found->fsspec));
  }
  throw wrong(mount, "Unknown storage type " + in_quotes(name) + ". Supported: " + available);
}

void check_keys(const MountConfig& config, const std::string& mount, const std::vector<std::string_view>& valid,
                const BuildOptions& options) {
  for (const auto& [key, value] : config) {
    if (key == "encrypted") {
      // Its name in old configurations. Ignoring it would write plain text where encryption is expected.
      const bool* flag = std::get_if<bool>(&value.get());
      const bool off = value.is_null() || (flag && !*flag) || (value.string() && value.string()->empty());
      if (!off) throw wrong(mount, "'encrypted' is no key of a mount any more: use 'default_encrypted'");
      continue;
    }
    if (std::find(valid.begin(), valid.end(), key) != valid.end()) continue;
    std::string text = "mount " + in_quotes(mount) + ": unknown key " + in_quotes(key);
    const std::string_view suggestion = nearest(key, valid);
    if (!suggestion.empty()) text += ", did you mean " + in_quotes(suggestion) + "?";
    if (options.strict) {
      text += suggestion.empty() ? ". Valid keys: " : " Valid keys: ";
      for (std::size_t i = 0; i < valid.size(); ++i) text.append(i == 0 ? "" : ", ").append(valid[i]);
      throw Error(ErrorCode::config, std::move(text));
    }
    options.warn(text);
  }
}

bool is_base_by_prefix(const MountOptions& values, const Protocol& protocol) {
  return std::any_of(protocol.options.begin(), protocol.options.end(), [&](const OptionSpec& option) {
    const ConfigValue* value = values.find(option.name);
    const auto* resolver = value ? std::get_if<BaseResolver>(&value->get()) : nullptr;
    return resolver && resolver->takes_prefix;
  });
}

Permission permission_of(const MountConfig& config, const std::string& mount) {
  if (!given(config, "permissions")) return Permission::remove;
  const ConfigValue* value = find(config, "permissions");
  const std::string* text = value ? value->string() : nullptr;
  const std::optional<Permission> level = text ? permission_from(*text) : std::nullopt;
  if (!level) throw wrong(mount, std::string(kInvalidPermissions));
  return *level;
}

Encrypted encrypted_of(const MountConfig& config, const std::string& mount, const BuildOptions& options) {
  const ConfigValue* value = find(config, "default_encrypted");
  if (!value) return false;
  const ConfigValue resolved = resolve_references(*value, mount, "default_encrypted");
  const bool* flag = std::get_if<bool>(&resolved.get());
  const std::string* domain = resolved.string();
  if (!flag && !domain) throw wrong(mount, "'default_encrypted' must be true, false or an encryption domain");
  if ((flag && !*flag) || (domain && domain->empty())) return false;
  if (!options.cipher) {
    throw wrong(mount, "'default_encrypted' needs the cryptography of pip install genro-storage[encryption]");
  }
  if (flag != nullptr) return true;
  try {
    require_domain(*domain);
  } catch (const Error& error) {
    throw wrong(mount, error.message());
  }
  return *domain;
}

// A level that promises more than the backend can do is a mistake in the configuration.
void check_permission(const Mount& made, Permission level) {
  if (level == Permission::readonly) return;
  const std::string asked =
      "permissions " + in_quotes(to_string(level)) + " on " + in_quotes(made.protocol) + ": the backend ";
  const Capabilities capabilities = capabilities_of(made.caps, Permission::remove);
  if (capabilities.readonly) throw wrong(made.name, asked + "is read-only");
  if (!capabilities.write) throw wrong(made.name, asked + "does not support write");
  if (level == Permission::remove && !capabilities.remove) throw wrong(made.name, asked + "does not support delete");
}

void apply_permission(Mount& mount, Permission level) {
  if (level < Permission::remove) mount.backend = with_permission(mount.backend, level);
  mount.permission = std::min(mount.permission, level);
  mount.capabilities = limited(mount.capabilities, mount.permission);
}

/// What the key says is added to what the mount has from its parent.
void apply_mimetypes(Mount& mount, const MountConfig& config) {
  const ConfigValue* value = find(config, "mimetypes");
  if (!value) return;
  const auto* types = std::get_if<ConfigMap>(&value->get());
  if (!types) throw wrong(mount.name, "'mimetypes' must map extensions to media types");
  for (const auto& [extension, type] : *types) {
    if (!type.string()) throw wrong(mount.name, "'mimetypes': " + in_quotes(extension) + " must be a string");
    try {
      mount.mimetypes.set(extension, *type.string());
    } catch (const Error& error) {
      throw wrong(mount.name, "'mimetypes': " + in_quotes(extension) + ": " + error.message());
    }
  }
}

MountPointer build_relative(const MountConfig& config, const std::string& name, const MountTable& earlier,
                            const BuildOptions& options) {
  check_keys(config, name, names_of(kRelativeOptions), options);
  const std::string path = *resolve_references(*find(config, "path"), name, "path").string();
  const std::size_t colon = path.find(':');
  const std::string parent_name = path.substr(0, colon);
  const MountPointer parent = find_mount(earlier, parent_name);
  if (!parent) {
    throw wrong(name, "Parent mount " + in_quotes(parent_name) + " not found. Available mounts: " + names_in(earlier));
  }
  const Permission level = permission_of(config, name);
  std::string folder;
  try {
    folder = path::clean(std::string_view(path).substr(colon + 1));
  } catch (const Error& error) {
    throw wrong(name, "'path': " + error.message());
  }
  auto mount = std::make_shared<Mount>(*parent);
  mount->name = name;
  mount->backend = with_prefix(parent->backend, folder);
  mount->prefix = path::join(parent->prefix, folder);
  mount->stands_on = {parent};
  mount->default_encrypted = encrypted_of(config, name, options);  // its own, not the parent's
  apply_permission(*mount, level);
  apply_mimetypes(*mount, config);
  return mount;
}

}  // namespace

void check_mount_name(const std::string& name) {
  if (!name.empty() && name.find_first_of(std::string_view(":/\0", 3)) == std::string::npos) return;
  throw Error(ErrorCode::config, "a mount's 'name' must not be empty nor contain ':', '/' or NUL");
}

MountPointer wrap_backend(std::string name, std::shared_ptr<Backend> backend, Env& env,
                          std::shared_ptr<const KeyRing> keys) {
  auto mount = std::make_shared<Mount>();
  mount->name = std::move(name);
  mount->protocol = std::string(backend->protocol());
  mount->caps = backend->caps();
  mount->permission = effective_permission(*backend);
  mount->capabilities = capabilities_of(mount->caps, mount->permission);
  mount->base_backend = backend;
  mount->keys = std::move(keys);
  if (!mount->caps.temporary) mount->files = env.files;  // what ends up in memory needs no disk on its way
  mount->backend = std::move(backend);
  return mount;
}

MountPointer build_mount(const MountConfig& config, const MountTable& earlier, const BuildOptions& options) {
  const std::string name = name_of(config);
  const std::string protocol_name = protocol_of(config, name, options);
  if (protocol_name.empty()) return build_relative(config, name, earlier, options);

  const Protocol& protocol = require_protocol(protocol_name, name);
  const std::vector<std::string_view> common = names_of(kCommonOptions);
  std::vector<std::string_view> valid = common;
  for (const std::string_view key : names_of(protocol.options)) valid.push_back(key);
  check_keys(config, name, valid, options);

  const Encrypted encrypted = encrypted_of(config, name, options);
  ConfigMap given_values;
  for (const auto& [key, value] : config) {
    if (std::find(common.begin(), common.end(), key) != common.end()) continue;
    given_values.emplace_back(key, resolve_references(value, name, key));
  }
  const MountOptions values(name, protocol_name, std::move(given_values), protocol.options);
  values.check();
  std::vector<MountPointer> below;
  std::shared_ptr<Backend> backend = make_backend(protocol, {values, options.env, resolver(name, earlier, below)});
  if (backend->caps().transient_failures) backend = with_retry(std::move(backend), options.env);
  auto mount = std::make_shared<Mount>(*wrap_backend(name, std::move(backend), options.env, options.keys));
  mount->protocol = protocol_name;
  mount->base = values.place();
  mount->base_by_prefix = is_base_by_prefix(values, protocol);
  mount->stands_on = std::move(below);
  apply_mimetypes(*mount, config);
  mount->default_encrypted = encrypted;
  if (given(config, "permissions")) {
    const Permission level = permission_of(config, name);
    check_permission(*mount, level);
    apply_permission(*mount, level);
  }
  return mount;
}

}  // namespace genro::storage

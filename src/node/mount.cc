#include "node/mount.h"

#include <utility>

#include "genro/storage/error.h"

namespace genro::storage {

std::string Mount::address(std::string_view path) const {
  std::string text;
  text.reserve(name.size() + 1 + path.size());
  text.append(name).append(1, ':').append(path);
  return text;
}

MountPointer find_mount(const MountTable& table, std::string_view name) {
  for (const MountPointer& mount : table) {
    if (mount->name == name) return mount;
  }
  return nullptr;
}

MountPointer ManagerState::find(std::string_view name) const {
  std::shared_lock lock(mutex_);
  return find_mount(*table_, name);
}

std::shared_ptr<const MountTable> ManagerState::table() const {
  std::shared_lock lock(mutex_);
  return table_;
}

std::shared_ptr<const MountTable> ManagerState::table(std::uint64_t& changes) const {
  std::shared_lock lock(mutex_);
  changes = changes_.load(std::memory_order_relaxed);
  return table_;
}

void ManagerState::replace(std::shared_ptr<const MountTable> table) {
  std::unique_lock lock(mutex_);
  table_.swap(table);
  changes_.fetch_add(1, std::memory_order_release);
  lock.unlock();  // The old table's backends may do work when they go.
}

void ManagerState::set_mimetype(std::string_view extension, std::string type) {
  std::unique_lock lock(mutex_);
  mimetypes_.set(extension, std::move(type));
}

std::optional<std::string> ManagerState::mimetype(std::string_view name) const {
  std::shared_lock lock(mutex_);
  return mimetypes_.find(name);
}

MountPointer ManagerState::require(std::string_view name) const {
  MountPointer mount = find(name);
  if (mount) return mount;
  std::string names;
  for (const MountPointer& known : *table()) {
    if (!names.empty()) names += ", ";
    names += known->name;
  }
  if (names.empty()) names = "none";
  throw Error(ErrorCode::unknown_mount,
              "Mount point '" + std::string(name) + "' not found. Available mounts: " + names);
}

}  // namespace genro::storage

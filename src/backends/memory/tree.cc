#include "backends/memory/tree.h"

#include <atomic>
#include <utility>
#include <vector>

#include "core/mutex.h"
#include "core/path.h"
#include "genro/storage/error.h"

namespace genro::storage {

MemoryTree& MemoryTree::of_process() {
  static constinit Lasting<MemoryTree> tree;
  return tree.get([] { return new MemoryTree; });
}

MemoryTree::MemoryTree() { folders_[""].made = true; }

std::optional<MemoryFile> MemoryTree::file(std::string_view path) const {
  const Hashed key(path);
  const Shard& shard = this->shard(key);
  std::lock_guard lock(shard.mutex);
  const auto found = shard.files.find(key);
  if (found == shard.files.end()) return std::nullopt;
  return static_cast<const MemoryFile&>(found->second);
}

std::optional<Bytes> MemoryTree::content(std::string_view path) const {
  const Hashed key(path);
  const Shard& shard = this->shard(key);
  std::lock_guard lock(shard.mutex);
  const auto found = shard.files.find(key);
  if (found == shard.files.end()) return std::nullopt;
  return found->second.content;
}

StatLite MemoryTree::try_stat(std::string_view path) const {
  const Hashed key(path);
  const Shard& shard = this->shard(key);
  {
    std::lock_guard lock(shard.mutex);
    const auto found = shard.files.find(key);
    if (found != shard.files.end()) {
      return {true, EntryKind::file, found->second.content.size(), found->second.mtime_ns};
    }
  }
  const std::optional<std::int64_t> folder = folder_mtime(path);
  if (!folder) return {};
  return {true, EntryKind::directory, 0, *folder};
}

bool MemoryTree::replace_content(std::string_view path, const Bytes& content, std::int64_t now_ns) {
  const Hashed key(path);
  Shard& shard = this->shard(key);
  Bytes fresh = content;  // holds the old content until the lock is gone
  std::lock_guard lock(shard.mutex);
  const auto found = shard.files.find(key);
  if (found == shard.files.end()) return false;
  Stored& stored = found->second;
  std::swap(stored.content, fresh);
  stored.mtime_ns = now_ns;
  stored.version = next_version();
  stored.content_type.clear();
  stored.growth.reset();
  return true;
}

bool MemoryTree::has_file(std::string_view path) const {
  const Hashed key(path);
  const Shard& shard = this->shard(key);
  std::lock_guard lock(shard.mutex);
  return shard.files.find(key) != shard.files.end();
}

MemoryTree::Folder* MemoryTree::folder(std::string_view path) const {
  const auto found = folders_.find(Hashed(path));
  return found == folders_.end() ? nullptr : &found->second;
}

std::optional<std::int64_t> MemoryTree::folder_mtime(std::string_view path) const {
  std::lock_guard lock(structure_);
  const Folder* found = folder(path);
  if (!found) return std::nullopt;
  return found->mtime_ns;
}

std::uint64_t MemoryTree::replace(Stored& stored, MemoryFile&& file) {
  file.version = next_version();
  std::swap(static_cast<MemoryFile&>(stored), file);  // the caller drops the old content after the lock
  stored.growth.reset();
  return stored.version;
}

void MemoryTree::check(const When& when, const Stored* stored, const MemoryPath& place) const {
  if (when.kind == When::Kind::always) return;
  if (when.kind == When::Kind::if_absent) {
    if (!stored) return;
    throw Error(ErrorCode::precondition_failed, "write", place.shown(), "the file exists");
  }
  if (stored && std::to_string(stored->version) == when.etag) return;
  throw Error(ErrorCode::precondition_failed, "write", place.shown(), "the file changed");
}

std::uint64_t MemoryTree::put(const MemoryPath& place, MemoryFile file, const When& when) {
  const Hashed key(place.path);
  Shard& shard = this->shard(key);
  {
    std::lock_guard lock(shard.mutex);
    const auto found = shard.files.find(key);
    if (found != shard.files.end()) {
      check(when, &found->second, place);
      return replace(found->second, std::move(file));
    }
  }
  std::lock_guard structure(structure_);
  if (folder(place.path) || place.is_mount_root()) {
    throw Error(ErrorCode::is_directory, "write", place.shown(), "Is a directory");
  }
  check_parents(place);
  std::lock_guard lock(shard.mutex);
  const auto found = shard.files.find(key);
  check(when, found == shard.files.end() ? nullptr : &found->second, place);
  const std::int64_t now_ns = file.mtime_ns;
  if (found != shard.files.end()) return replace(found->second, std::move(file));
  Folder& parent = make_parents(place.path, now_ns);
  parent.children.emplace(path::name(place.path), ChildKind::file);
  return replace(shard.files[place.path], std::move(file));
}

/// A file above the path makes it impossible; asked before anything changes. With the structure locked.
void MemoryTree::check_parents(const MemoryPath& place) const {
  for (std::string_view at = path::parent(place.path); !folder(at); at = path::parent(at)) {
    if (has_file(at)) throw Error(ErrorCode::not_directory, "write", place.shown(), "Not a directory");
  }
}

MemoryTree::Folder& MemoryTree::make_parents(std::string_view path, std::int64_t now_ns) {
  const std::string_view parent = path::parent(path);
  std::vector<std::string_view> missing;
  for (std::string_view at = parent; !folder(at); at = path::parent(at)) missing.push_back(at);
  for (auto at = missing.rbegin(); at != missing.rend(); ++at) {
    Folder& above = *folder(path::parent(*at));
    above.children.emplace(path::name(*at), ChildKind::folder);
    above.mtime_ns = now_ns;
    folders_[std::string(*at)].mtime_ns = now_ns;
  }
  Folder& result = *folder(parent);
  result.mtime_ns = now_ns;
  return result;
}

/// Takes the path out of its folder; folders that only existed for it go too.
void MemoryTree::drop_child(std::string_view path, std::int64_t now_ns) {
  for (std::string_view at = path;;) {
    const std::string_view parent = path::parent(at);
    Folder& above = *folder(parent);
    const auto child = above.children.find(path::name(at));
    if (child != above.children.end()) above.children.erase(child);
    above.mtime_ns = now_ns;
    if (above.made || !above.children.empty()) return;
    folders_.erase(folders_.find(Hashed(parent)));
    at = parent;
  }
}

void MemoryTree::remove(const MemoryPath& place, std::int64_t now_ns) {
  const Hashed key(place.path);
  Shard& shard = this->shard(key);
  Stored removed;  // its memory is given back after the locks
  std::lock_guard structure(structure_);
  {
    std::lock_guard lock(shard.mutex);
    const auto found = shard.files.find(key);
    if (found != shard.files.end()) {
      removed = std::move(found->second);
      shard.files.erase(found);
      drop_child(place.path, now_ns);
      return;
    }
  }
  const Folder* found = folder(place.path);
  if (!found) return;
  if (!found->children.empty()) throw Error(ErrorCode::not_empty, "remove", place.shown(), "Directory not empty");
  if (place.is_mount_root()) return;
  folders_.erase(folders_.find(key));
  drop_child(place.path, now_ns);
}

void MemoryTree::remove_tree(const MemoryPath& place, std::int64_t now_ns) {
  std::vector<Stored> removed;  // their memory is given back after the locks
  const auto take = [&](const std::string& path) {
    const Hashed key(path);
    Shard& shard = this->shard(key);
    std::lock_guard lock(shard.mutex);
    const auto found = shard.files.find(key);
    if (found == shard.files.end()) return false;
    removed.push_back(std::move(found->second));
    shard.files.erase(found);
    return true;
  };
  std::lock_guard structure(structure_);
  if (take(place.path)) return drop_child(place.path, now_ns);
  if (!folder(place.path)) return;
  std::vector<std::string> folders{place.path};
  for (std::size_t i = 0; i < folders.size(); ++i) {
    for (const auto& [name, kind] : folder(folders[i])->children) {
      std::string child = path::join(folders[i], name);
      if (kind == ChildKind::folder) {
        folders.push_back(std::move(child));
      } else {
        take(child);
      }
    }
  }
  for (std::size_t i = 1; i < folders.size(); ++i) folders_.erase(folders_.find(Hashed(folders[i])));
  Folder& top = *folder(place.path);
  top.children.clear();
  top.mtime_ns = now_ns;
  if (place.is_mount_root() && top.made) return;
  folders_.erase(folders_.find(Hashed(place.path)));
  drop_child(place.path, now_ns);
}

void MemoryTree::make_folder(const MemoryPath& place, std::int64_t now_ns) {
  std::lock_guard structure(structure_);
  if (folder(place.path) || place.is_mount_root() || has_file(place.path)) {
    throw Error(ErrorCode::already_exists, "mkdir", place.shown(), "File exists");
  }
  const std::string_view parent = path::parent(place.path);
  const bool in_root = parent.size() <= place.hidden;  // which always exists, also when nothing was ever written there
  if (!folder(parent) && !in_root) {
    check_parents(place);
    throw Error(ErrorCode::not_found, "mkdir", place.shown(), "Parent directory does not exist");
  }
  check_parents(place);
  make_parents(place.path, now_ns).children.emplace(path::name(place.path), ChildKind::folder);
  Folder& made = folders_[place.path];
  made.made = true;
  made.mtime_ns = now_ns;
}

}  // namespace genro::storage

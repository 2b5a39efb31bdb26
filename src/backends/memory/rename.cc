// Renames in the memory tree: a file under the locks of its two shards, a folder with all below under every lock, so that
// nobody sees a part of the move.
#include <algorithm>
#include <utility>
#include <vector>

#include "backends/memory/tree.h"
#include "core/mutex.h"
#include "core/path.h"
#include "genro/storage/error.h"

namespace genro::storage {

void MemoryTree::rename(const MemoryPath& from, const MemoryPath& to, std::int64_t now_ns) {
  std::lock_guard structure(structure_);
  if (from.is_mount_root() || to.is_mount_root()) {
    throw Error(ErrorCode::invalid_argument, "rename", from.shown(),
                "the root of a mount cannot be renamed or replaced");
  }
  const bool is_file = has_file(from.path);
  if (!is_file && !folder(from.path))
    throw Error(ErrorCode::not_found, "rename", from.shown(), "No such file or directory");
  if (from.path == to.path) return;
  if (is_file) {
    rename_file(from, to, now_ns);
  } else {
    rename_folder(from, to, now_ns);
  }
}

void MemoryTree::rename_file(const MemoryPath& from, const MemoryPath& to, std::int64_t now_ns) {
  if (folder(to.path)) throw Error(ErrorCode::is_directory, "rename", to.shown(), "Is a directory");
  check_parents(to);
  make_parents(to.path, now_ns).children.emplace(path::name(to.path), ChildKind::file);
  Stored old;
  Shard& source = shard(Hashed(from.path));
  Shard& target = shard(Hashed(to.path));
  {
    std::unique_lock first(std::min(&source, &target)->mutex);
    std::unique_lock<Mutex> second;
    if (&source != &target) second = std::unique_lock(std::max(&source, &target)->mutex);
    const auto found = source.files.find(Hashed(from.path));
    Stored moved = std::move(found->second);
    source.files.erase(found);
    old = std::exchange(target.files[to.path], std::move(moved));
  }
  drop_child(from.path, now_ns);
}

void MemoryTree::rename_folder(const MemoryPath& from, const MemoryPath& to, std::int64_t now_ns) {
  if (path::is_within(to.path, from.path)) {
    throw Error(ErrorCode::invalid_argument, "rename", from.shown(), "a directory cannot be moved into itself");
  }
  if (has_file(to.path)) throw Error(ErrorCode::not_directory, "rename", to.shown(), "Not a directory");
  if (const Folder* there = folder(to.path); there && !there->children.empty()) {
    throw Error(ErrorCode::not_empty, "rename", to.shown(), "Directory not empty");
  }
  check_parents(to);
  make_parents(to.path, now_ns).children.emplace(path::name(to.path), ChildKind::folder);
  std::vector<std::unique_lock<Mutex>> locks;  // all: nobody sees half of the move
  locks.reserve(kShards);
  for (Shard& shard : shards_) locks.emplace_back(shard.mutex);
  std::vector<std::string> folders{from.path};
  while (!folders.empty()) {
    const std::string old_path = std::move(folders.back());
    folders.pop_back();
    const std::string new_path = path::join(to.path, path::relative_to(old_path, from.path));
    auto node = folders_.extract(folders_.find(Hashed(old_path)));
    for (const auto& [name, kind] : node.mapped().children) {
      const std::string child = path::join(old_path, name);
      if (kind == ChildKind::folder) {
        folders.push_back(child);
        continue;
      }
      Shard& source = shard(Hashed(child));
      const auto found = source.files.find(Hashed(child));
      Stored moved = std::move(found->second);
      source.files.erase(found);
      std::string moved_path = path::join(new_path, name);
      Shard& target = shard(Hashed(moved_path));
      target.files.emplace(std::move(moved_path), std::move(moved));
    }
    folders_.insert_or_assign(new_path, std::move(node.mapped()));
  }
  drop_child(from.path, now_ns);
}

}  // namespace genro::storage

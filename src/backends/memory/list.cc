// Listings of the memory tree. A page's token is the path, below the listed folder, of its last entry: the next page goes
// on behind it, wherever that would be by now. So a listing that runs while others write gives every file that stays once.
#include <utility>

#include "backends/memory/tree.h"
#include "core/path.h"
#include "genro/storage/error.h"

namespace genro::storage {
namespace {
constexpr std::size_t kPageSize = 1000;  // keeps the lock for a fifth of a millisecond at most
}

Entry MemoryTree::entry(const std::string& path, const MemoryPath& place, ChildKind kind) const {
  Entry result;
  result.path = path.substr(place.hidden);
  if (kind == ChildKind::folder) {
    result.kind = EntryKind::directory;
    result.mtime_ns = folder(path)->mtime_ns;
    return result;
  }
  const Hashed key(path);
  const Shard& shard = this->shard(key);
  std::lock_guard lock(shard.mutex);
  const Stored& stored = shard.files.find(key)->second;
  result.size = stored.content.size();
  result.mtime_ns = stored.mtime_ns;
  result.etag = std::to_string(stored.version);
  result.content_type = stored.content_type;
  return result;
}

Page MemoryTree::list(const MemoryPath& place, const ListOptions& options) const {
  const std::size_t limit = options.limit == 0 ? kPageSize : options.limit;
  std::lock_guard structure(structure_);
  const Folder* listed = folder(place.path);
  if (!listed) {
    if (has_file(place.path)) throw Error(ErrorCode::not_directory, "list", place.shown(), "Not a directory");
    if (place.is_mount_root()) return {};
    throw Error(ErrorCode::not_found, "list", place.shown(), "No such file or directory");
  }
  return options.recursive ? list_all(place, options, limit) : list_folder(place, *listed, options, limit);
}

Page MemoryTree::list_folder(const MemoryPath& place, const Folder& folder, const ListOptions& options,
                             std::size_t limit) const {
  Page page;
  auto child = options.token.empty() ? folder.children.begin() : folder.children.upper_bound(options.token);
  for (; child != folder.children.end(); ++child) {
    if (page.entries.size() == limit) {
      page.next_token = std::string(path::name(page.entries.back().path));
      break;
    }
    page.entries.push_back(entry(path::join(place.path, child->first), place, child->second));
  }
  return page;
}

Page MemoryTree::list_all(const MemoryPath& place, const ListOptions& options, std::size_t limit) const {
  struct Level {
    std::string path;
    const Folder* folder;
    std::map<std::string, ChildKind, std::less<>>::const_iterator next;
  };
  std::vector<Level> levels;
  // Down along the token: in each folder on the way, what comes after; in the last one, if it is a folder, everything.
  std::string at = place.path;
  std::string_view rest = options.token;
  for (const Folder* here = folder(at); here; here = folder(at)) {
    const auto [name, below] = path::split_first(rest);
    levels.push_back({at, here, name.empty() ? here->children.begin() : here->children.upper_bound(name)});
    if (name.empty()) break;
    at = path::join(at, name);
    rest = below;
  }
  Page page;
  while (!levels.empty()) {
    Level& level = levels.back();
    if (level.next == level.folder->children.end()) {
      levels.pop_back();
      continue;
    }
    if (page.entries.size() == limit) {
      page.next_token = path::relative_to(page.entries.back().path, place.shown());
      break;
    }
    const auto& [name, kind] = *level.next++;
    std::string child = path::join(level.path, name);
    page.entries.push_back(entry(child, place, kind));
    if (kind == ChildKind::folder) {
      const Folder* below = folder(child);
      levels.push_back({std::move(child), below, below->children.begin()});
    }
  }
  return page;
}

}  // namespace genro::storage

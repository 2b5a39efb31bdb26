#include "node/tree/find.h"

#include <utility>

#include "core/path.h"
#include "core/unix_seconds.h"
#include "node/tree/folder_pages.h"
#include "text/glob.h"

namespace genro::storage {
namespace {

class Wanted {
 public:
  explicit Wanted(FindOptions options)
      : options_(std::move(options)), name_(options_.name.empty() ? "*" : options_.name) {}

  bool holds(const Entry& entry) const {
    if (options_.type && entry.kind != *options_.type) return false;
    return fits_size(entry) && fits_time(entry) && (options_.name.empty() || name_.matches(path::name(entry.path)));
  }

 private:
  bool fits_size(const Entry& entry) const {
    if (!options_.min_size && !options_.max_size) return true;
    return entry.is_file() && entry.size >= options_.min_size.value_or(0) &&
           entry.size <= options_.max_size.value_or(UINT64_MAX);
  }
  bool fits_time(const Entry& entry) const {
    if (!options_.newer_than && !options_.older_than) return true;
    if (entry.mtime_ns == Entry::kNoTime) return false;
    const double mtime = unix_seconds(entry.mtime_ns);  // as a user got it from mtime()
    return !(options_.newer_than && !(mtime > *options_.newer_than)) &&
           !(options_.older_than && !(mtime < *options_.older_than));
  }

  FindOptions options_;
  Glob name_;
};

}  // namespace

Task<std::vector<std::string>> find_paths(MountPointer mount, std::string path, FindOptions options) {
  ListerOptions listed;
  listed.recursive = true;
  const bool by_size = options.min_size || options.max_size;
  listed.folders = options.type != EntryKind::file && !by_size;
  listed.names_only = !by_size && !options.newer_than && !options.older_than;
  const Wanted wanted(std::move(options));
  FolderPages pages(std::move(mount), std::move(path), listed);
  std::vector<std::string> paths;
  for (;;) {
    Task<std::optional<std::vector<Entry>>> listing = pages.next();
    std::optional<std::vector<Entry>> page = co_await listing;
    if (!page) break;
    for (Entry& entry : *page) {
      if (wanted.holds(entry)) paths.push_back(std::move(entry.path));
    }
  }
  Task<std::vector<std::string>> sorting = in_tree_order(std::move(paths));
  co_return co_await sorting;
}

}  // namespace genro::storage

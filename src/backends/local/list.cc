#include "backends/local/list.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <span>
#include <vector>

#include "backends/local/unfinished.h"
#include "core/path.h"

namespace genro::storage::local {
namespace {

constexpr std::size_t kPageSize = 2000;
constexpr std::size_t kBufferSize = 64 << 10;
constexpr std::size_t kLeastRecord = 24;

/// Opened for reading its entries. A negative errno: ENOTDIR for a file, ENOENT for what is below one.
int open_folder(Files& files, int root, const char* below) {
  struct stat status{};
  const bool removed = *below == 0 && files.stat(root, status) >= 0 && status.st_nlink == 0;
  if (removed) return -ENOENT;  // still open, but in no folder any more
  const int folder = files.open_beneath(root, below, O_RDONLY | O_DIRECTORY, 0, false);
  if (folder != -ENOTDIR) return folder;
  const Descriptor there(files, files.open_beneath(root, below, kOpenPath, 0, false));
  return there.number() == -ENOTDIR ? -ENOENT : folder;
}

/// Neither the folder itself, nor the one above, nor a file that somebody is still writing.
bool is_listed(const char* name) noexcept {
  return name[0] != '.' || !(std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0 || is_unfinished_name(name));
}

/// The records of a folder, read a buffer full at a time. A folder that vanishes meanwhile is at its end.
class Records {
 public:
  /// The next one, good until next() or keep(); null at the end. `path` is for the error.
  const FolderRecord* next(Files& files, int folder, std::span<std::byte> buffer, const std::string& path) {
    if (unread_.empty()) {
      const long size = files.read_folder(folder, position, buffer);
      if (size < 0 && size != -ENOENT) throw failure(size, "list", path);
      if (size <= 0) return nullptr;
      kept_.clear();
      unread_ = buffer.first(static_cast<std::size_t>(size));
    }
    const auto* record = reinterpret_cast<const FolderRecord*>(unread_.data());
    unread_ = unread_.subspan(record->length);
    position = record->next;
    return record;
  }
  /// How many more can be here without reading, at the most.
  std::size_t buffered() const { return unread_.size() / kLeastRecord; }
  /// Gives up the buffer to the records of another folder.
  void keep() {
    if (!unread_.empty() && kept_.empty()) unread_ = kept_ = {unread_.begin(), unread_.end()};
  }
  std::int64_t position = 0;  ///< of the record after the last one taken

 private:
  std::span<const std::byte> unread_;  // in the buffer, or else in `kept_`
  std::vector<std::byte> kept_;        // while a level below has the buffer
};

/// A folder being listed. Its descriptor is open only while it is the one that is worked on, so that depth costs none.
struct Level {
  std::string path;   // as users see it
  std::string below;  // beneath the root
  Records records;
  Descriptor folder;
};

class Listing {
 public:
  Listing(Files& files, const RootedPath& place, const std::string& path, const ListOptions& options)
      : files_(files), root_(place.root), listed_(path), options_(options) {
    Level& first = levels_.emplace_back();
    first.path = path;
    first.below = place.below;
    limit_ = options.limit == 0 ? kPageSize : options.limit;
  }
  /// Asks the system for no more than names and kinds.
  void list_names_only() {
    names_only_ = true;
    limit_ = SIZE_MAX;
  }

  Page run() {
    open_first();
    resume();
    while (!levels_.empty() && page_.entries.size() < limit_) {
      if (const FolderRecord* record = next()) {
        take(*record);
      } else {
        levels_.pop_back();
      }
    }
    if (!levels_.empty()) page_.next_token = token();
    return std::move(page_);
  }

 private:
  void open_first() {
    Level& level = levels_.front();
    const int folder = open_folder(files_, root_, level.below.c_str());
    if (folder < 0) throw failure(folder, "list", listed_);
    level.folder = Descriptor(files_, folder);
  }

  void resume() {
    std::string_view rest = options_.token;
    while (!rest.empty()) {
      const auto [number, behind] = path::split_first(rest);
      const auto parsed =
          std::from_chars(number.data(), number.data() + number.size(), levels_.back().records.position);
      if (parsed.ec != std::errc() || parsed.ptr != number.data() + number.size()) {
        throw Error(ErrorCode::invalid_argument, "list", listed_, "not a token of this listing");
      }
      const auto [name, below] = path::split_first(behind);
      if (!name.empty()) descend(name);
      rest = below;
    }
  }

  std::string token() const {
    std::string token;
    for (std::size_t i = 0; i < levels_.size(); ++i) {
      if (i != 0) token.append(1, '/').append(path::name(levels_[i].below)).append(1, '/');
      token += std::to_string(levels_[i].records.position);
    }
    return token;
  }

  void descend(std::string_view name) {
    Level level;
    level.path = path::join(levels_.back().path, name);
    level.below = path::join(levels_.back().below, name);
    levels_.back().records.keep();
    levels_.back().folder.reset();
    levels_.push_back(std::move(level));
  }

  /// The next record of the last level; null at its end. A folder that vanished meanwhile is at its end.
  const FolderRecord* next() {
    Level& level = levels_.back();
    if (!level.folder) {
      const int flags = O_RDONLY | O_DIRECTORY | (levels_.size() > 1 ? O_NOFOLLOW : 0);
      const int folder = files_.open_beneath(root_, level.below.c_str(), flags, 0, false);
      if (means_absent(folder)) return nullptr;
      if (folder < 0) throw failure(folder, "list", level.path);
      level.folder = Descriptor(files_, folder);
    }
    const FolderRecord* record =
        level.records.next(files_, level.folder.number(), {buffer_.get(), kBufferSize}, level.path);
    if (record && page_.entries.empty()) page_.entries.reserve(std::min(level.records.buffered() + 1, limit_));
    return record;
  }

  void take(const FolderRecord& record) {
    const char* name = record.name;
    if (!is_listed(name)) return;
    Level& level = levels_.back();
    if (options_.names_only && !options_.recursive) {
      page_.entries.emplace_back().path = path::join(level.path, name);
      return;
    }
    std::string path = names_only_ ? std::string(name) : path::join(level.path, name);
    if ((names_only_ || options_.names_only) && (record.type == DT_REG || record.type == DT_DIR)) {
      Entry& entry = page_.entries.emplace_back();
      entry.path = std::move(path);
      if (record.type == DT_DIR) entry.kind = EntryKind::directory;
      if (record.type == DT_DIR && options_.recursive) descend(std::string(name));  // a copy, as below
      return;
    }
    struct stat status{};
    const int error = files_.stat_name(level.folder.number(), name, status);
    if (error == -ENOENT) return;  // removed meanwhile
    if (error < 0) throw failure(error, "list", level.path);
    if (!S_ISLNK(status.st_mode)) {
      const bool enter = options_.recursive && S_ISDIR(status.st_mode);
      page_.entries.push_back(entry_of(std::move(path), status));
      if (enter) descend(std::string(name));  // a copy: descending gives the records back
      return;
    }
    // A link is listed as what it leads to; leading nowhere, or out of the mount, it is still an entry.
    const Descriptor target(files_,
                            files_.open_beneath(root_, path::join(level.below, name).c_str(), kOpenPath, 0, false));
    if (!target || files_.stat(target.number(), status) < 0) {
      status.st_mode = S_IFLNK;
      status.st_size = 0;
    }
    page_.entries.push_back(entry_of(std::move(path), status));
    page_.entries.back().is_link = true;
  }

  Files& files_;
  int root_;
  const std::string& listed_;
  const ListOptions& options_;
  std::size_t limit_;
  bool names_only_ = false;
  std::vector<Level> levels_;
  std::unique_ptr<std::byte[]> buffer_ = std::make_unique_for_overwrite<std::byte[]>(kBufferSize);
  Page page_;
};

}  // namespace

std::vector<Entry> list_names(Files& files, const RootedPath& place, const std::string& path) {
  check_path("list", path);
  const ListOptions options;
  Listing listing(files, place, path, options);
  listing.list_names_only();
  return std::move(listing.run().entries);
}

std::optional<std::vector<std::string>> paths_in(Files& files, const RootedPath& place, const std::string& path,
                                                 std::size_t most) {
  check_path("list", path);
  const Descriptor folder(files, open_folder(files, place.root, place.below));
  if (!folder) throw failure(folder.number(), "list", path);
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(kBufferSize);
  std::vector<std::string> paths;
  Records records;
  while (const FolderRecord* record = records.next(files, folder.number(), {buffer.get(), kBufferSize}, path)) {
    if (paths.empty()) paths.reserve(std::min(records.buffered() + 1, most));
    if (!is_listed(record->name)) continue;
    if (paths.size() == most) return std::nullopt;
    paths.push_back(path::join(path, record->name));
  }
  return paths;
}

Page list_page(Files& files, const RootedPath& place, const std::string& path, const ListOptions& options) {
  check_path("list", path);
  return Listing(files, place, path, options).run();
}

}  // namespace genro::storage::local

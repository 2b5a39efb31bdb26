#include "backends/local/clean.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <iterator>
#include <memory>
#include <utility>

#include "backends/local/unfinished.h"
#include "core/path.h"
#include "loop/offload.h"

namespace genro::storage::local {
namespace {

class Cleaning {
 public:
  /// `before`: only files whose last change is not later, in nanoseconds since the Unix epoch.
  Cleaning(Files& files, std::int64_t before, std::vector<std::string>& removed)
      : files_(files), before_(before), removed_(removed) {}
  /// One folder. Gives the paths of the folders in it.
  std::vector<std::string> look_into(const RootedPath& place, const std::string& path);

 private:
  bool remove(int folder, const char* name);

  Files& files_;
  std::int64_t before_;
  std::vector<std::string>& removed_;
};

/// A file whose writer lives stays. Where the file system knows no locks, its age must do.
bool Cleaning::remove(int folder, const char* name) {
  struct stat status{};
  if (files_.stat_name(folder, name, status) < 0 || !S_ISREG(status.st_mode)) return false;
  const std::int64_t changed = std::int64_t{status.st_ctim.tv_sec} * 1'000'000'000 + status.st_ctim.tv_nsec;
  if (changed > before_) return false;
  const Descriptor file(files_, files_.open_name(folder, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0));
  if (file && files_.try_lock(file.number()) == -EWOULDBLOCK) return false;
  return files_.unlink(folder, name) == 0;
}

std::vector<std::string> Cleaning::look_into(const RootedPath& place, const std::string& path) {
  std::vector<std::string> below;
  const int flags = O_RDONLY | O_DIRECTORY | (path.empty() ? 0 : O_NOFOLLOW);
  const Descriptor folder(files_, files_.open_beneath(place.root, place.below, flags, 0, false));
  constexpr std::size_t kSize = 64 << 10;
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(kSize);
  for (std::int64_t position = 0; folder;) {
    const long size = files_.read_folder(folder.number(), position, {buffer.get(), kSize});
    if (size <= 0) break;
    for (long at = 0; at < size;) {
      const auto* record = reinterpret_cast<const FolderRecord*>(buffer.get() + at);
      const std::string name = record->name;
      position = record->next;
      at += record->length;
      if (name == "." || name == "..") continue;
      struct stat status{};
      const bool unknown = record->type == DT_UNKNOWN && files_.stat_name(folder.number(), name.c_str(), status) == 0;
      if (record->type == DT_DIR || (unknown && S_ISDIR(status.st_mode))) {
        below.push_back(path::join(path, name));
      } else if (is_unfinished_name(name) && remove(folder.number(), name.c_str())) {
        removed_.push_back(path::join(path, name));
      }
    }
  }
  return below;
}

}  // namespace

Task<void> clean(Base& base, Env& env, std::string folder, double older_than, std::vector<std::string>* removed) {
  Context& context = co_await current_context();
  const double before = static_cast<double>(env.clock->wall_ns()) - older_than * 1e9;
  Cleaning cleaning(*env.files, static_cast<std::int64_t>(std::max(before, -9e18)), *removed);
  for (std::vector<std::string> folders{std::move(folder)}; !folders.empty();) {
    require_time(context);
    const std::string next = std::move(folders.back());
    folders.pop_back();
    auto looking = offload(
        [&] { return base.run(next, false, [&](const RootedPath& place) { return cleaning.look_into(place, next); }); },
        base.threads());
    std::vector<std::string> below = co_await looking;
    std::move(below.begin(), below.end(), std::back_inserter(folders));
  }
}

}  // namespace genro::storage::local

#include "backends/local/batch.h"

#include <fcntl.h>

#include <cerrno>
#include <set>
#include <utility>

#include "backends/local/atomic_write.h"
#include "backends/local/change.h"
#include "backends/local/generated_file.h"
#include "backends/local/quick_io.h"
#include "backends/local/unfinished.h"
#include "core/path.h"

namespace genro::storage::local {
namespace {

constexpr std::size_t kWaitingMost = 64;  // open files at once
constexpr std::size_t kTogether = 4;      // files that are worth syncing their whole file system once

}  // namespace

std::vector<BulkTransfer::Left> BatchCopy::run(const std::vector<BulkTransfer::Folder>& folders,
                                               const std::atomic<bool>& stop) {
  open_.resize(folders.size());
  for (std::size_t i = 0; i < folders.size(); ++i) {
    const std::vector<std::string>& names = folders[i].names;
    const bool opened = open_folders(folders[i], open_[i]);
    for (std::size_t k = 0; k < names.size() && !stop; ++k) {
      Descriptor file = opened ? copy_file(open_[i], names[k].c_str()) : Descriptor();
      if (!file) {
        left_.push_back({i, k});
      } else if (durable_) {
        waiting_.push_back({std::move(file), i, k});
        if (waiting_.size() == kWaitingMost) name_waiting(folders);
      } else if (!give_name(file.number(), open_[i].target.number(), names[k])) {
        left_.push_back({i, k});
      }
    }
    open_[i].source.reset();
    if (!durable_) open_[i].target.reset();
  }
  if (!stop) name_waiting(folders);
  return std::move(left_);
}

bool BatchCopy::open_folders(const BulkTransfer::Folder& folder, Pair& pair) const {
  const int source = files_.open_beneath(source_root_, folder.from.c_str(), kOpenPath | O_DIRECTORY, 0, false);
  pair.source = Descriptor(files_, source);
  const int flags = durable_ ? O_RDONLY | O_DIRECTORY : kOpenPath | O_DIRECTORY;
  const int target = files_.open_beneath(target_root_, folder.to.c_str(), flags, 0, false);
  pair.target = Descriptor(files_, target);
  struct stat status{};
  if (target >= 0 && files_.stat(target, status) == 0) pair.device = status.st_dev;
  return source >= 0 && target >= 0;
}

/// The whole file, without a name; nothing when it must be done in the ordinary way.
Descriptor BatchCopy::copy_file(Pair& pair, const char* name) const {
  const Descriptor source(files_, files_.open_name(pair.source.number(), name, kOpenToRead, 0));
  struct stat status{};
  if (!source || files_.stat(source.number(), status) < 0) return {};
  if (!S_ISREG(status.st_mode) || static_cast<std::uint64_t>(status.st_size) > BulkTransfer::kSmall) return {};
  Descriptor file(files_, files_.open_nameless(pair.target.number(), status.st_mode & 0777));
  if (!file || !fill(pair, source.number(), status, file.number())) return {};
  return file;
}

bool BatchCopy::fill(Pair& pair, int from, const struct stat& status, int to) const {
  const auto size = static_cast<std::uint64_t>(status.st_size);
  for (std::uint64_t done = 0; done < size;) {
    const long count = files_.copy_range(from, done, to, done, static_cast<std::size_t>(size - done));
    if (count <= 0) return false;
    done += static_cast<std::uint64_t>(count);
  }
  if (may_lie(status)) {
    std::byte more{};
    if (files_.pread(from, {&more, 1}, size) != 0) return false;
  }
  const mode_t mode = status.st_mode & 07777;
  if (mode != pair.kept) {  // the process's mask or the folder's ACL may have taken bits away
    struct stat made{};
    if (files_.stat(to, made) < 0) return false;
    const bool kept = (made.st_mode & 07777) == mode;
    if (kept) pair.kept = mode;
    if (!kept && files_.set_mode(to, mode) < 0) return false;
  }
  return files_.set_mtime(to, mtime_ns_of(status)) == 0 && (durable_ || files_.flush(to, pair.device) == 0);
}

bool BatchCopy::give_name(int file, int folder, const std::string& name) const {
  const int error = files_.name_file(file, folder, name.c_str());
  return error == 0 || (error == -EEXIST && replace(file, folder, name));
}

/// Over a file that is there: only over a plain one, all else is looked at in the ordinary way.
bool BatchCopy::replace(int file, int folder, const std::string& name) const {
  const std::lock_guard lock(name_lock(name));
  struct stat there{};
  if (files_.stat_name(folder, name.c_str(), there) < 0 || !S_ISREG(there.st_mode)) return false;
  const std::string unfinished = unfinished_name(env_, name);
  files_.try_lock(file);
  const bool named = files_.name_file(file, folder, unfinished.c_str()) == 0;
  if (named && files_.rename(folder, unfinished.c_str(), folder, name.c_str(), true) == 0) return true;
  files_.unlink(folder, unfinished.c_str());  // a call that reports an error may have made it all the same
  return false;
}

void BatchCopy::sync_files(const std::vector<BulkTransfer::Folder>& folders) {
  std::set<dev_t> synced;
  for (const Waiting& waiting : waiting_) {
    struct stat status{};
    int error = files_.stat(waiting.file.number(), status);
    if (error == 0 && synced.contains(status.st_dev)) continue;
    if (error == 0) error = waiting_.size() < kTogether ? -EOPNOTSUPP : files_.sync_system(waiting.file.number());
    if (error == 0) synced.insert(status.st_dev);
    if (error == -EOPNOTSUPP) error = files_.sync(waiting.file.number());
    const BulkTransfer::Folder& folder = folders[waiting.folder];
    if (error < 0) throw failure(error, "copy", path::join(folder.to, folder.names[waiting.name]));
  }
}

void BatchCopy::name_waiting(const std::vector<BulkTransfer::Folder>& folders) {
  if (waiting_.empty()) return;
  sync_files(folders);
  const std::size_t last = waiting_.back().folder;
  std::set<std::size_t> touched;
  for (const Waiting& waiting : waiting_) {
    const std::string& name = folders[waiting.folder].names[waiting.name];
    if (give_name(waiting.file.number(), open_[waiting.folder].target.number(), name)) {
      touched.insert(waiting.folder);
    } else {
      left_.push_back({waiting.folder, waiting.name});
    }
  }
  waiting_.clear();
  for (const std::size_t folder : touched) {
    sync_folder(files_, open_[folder].target.number(), "copy", folders[folder].to);
    if (folder != last) open_[folder].target.reset();
  }
}

}  // namespace genro::storage::local

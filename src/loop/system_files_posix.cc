// Opening beneath a folder without help from the kernel:
//  1. Walk from the root one component at a time, each opened relative to the one before, never following a link.
//  2. A link is read, put in front of what is left of the path, and the walk starts again from the root.
//  3. ".." drops the last component of the link-free path so far, and the walk starts again; above the root is -EXDEV.
//  4. An absolute link stays inside only if one of its leading folders is the root itself (same device and inode).
// Somebody who swaps folders and links meanwhile can make the walk fail, never make it leave: no component is followed.
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <vector>

#include "core/mutex.h"
#include "loop/system_call.h"
#include "loop/system_files.h"

namespace genro::storage {
namespace {

constexpr int kMaxLinks = 40;  // as Linux
constexpr int kOpenFolder = kOpenPath | O_DIRECTORY | O_CLOEXEC;

std::vector<std::string> components(std::string_view path) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= path.size();) {
    std::size_t end = path.find('/', begin);
    if (end == std::string_view::npos) end = path.size();
    if (end > begin && path.substr(begin, end - begin) != ".") parts.emplace_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

class Walk {
 public:
  Walk(int root, std::string_view path) : root_(root), folder_(root), pending_(components(path)) {
    if (path.starts_with('/')) absolute_ = path;
  }
  ~Walk() { close_folder(); }
  Walk(const Walk&) = delete;
  Walk& operator=(const Walk&) = delete;

  /// Goes to the folder of the last component, which pending() then holds. Gives 0 or -errno; -ENOENT leaves the missing part there.
  int run(bool follow_last) {
    if (!absolute_.empty()) {
      if (const int error = enter_absolute(absolute_)) return error;
    }
    while (!pending_.empty()) {
      const std::string name = pending_.front();
      if (name == "..") {
        if (done_.empty()) return -EXDEV;
        done_.pop_back();
        pending_.erase(pending_.begin());
        restart();
        continue;
      }
      const bool last = pending_.size() == 1;
      if (last && !follow_last) return 0;
      if (const int error = step(name, last)) return error == kStop ? 0 : error;
    }
    return 0;
  }
  int folder() const { return folder_; }
  const std::vector<std::string>& pending() const { return pending_; }
  std::string resolved() const {
    std::string text;
    for (const std::string& name : done_) text.append(text.empty() ? "" : "/").append(name);
    for (const std::string& name : pending_) text.append(text.empty() ? "" : "/").append(name);
    return text;
  }

 private:
  static constexpr int kStop = 1;  // the last component is no link, or is missing: the caller opens it

  int step(const std::string& name, bool last) {
    char target[4096];
    const ssize_t length = readlinkat(folder_, name.c_str(), target, sizeof target);
    if (length >= 0) {
      if (++links_ > kMaxLinks) return -ELOOP;
      if (length == sizeof target) return -ENAMETOOLONG;
      return follow({target, static_cast<std::size_t>(length)});
    }
    if (last && (errno == EINVAL || errno == ENOENT)) return kStop;
    if (errno != EINVAL) return -errno;
    const int next = openat(folder_, name.c_str(), kOpenFolder | O_NOFOLLOW);
    if (next < 0) return errno == ELOOP ? 0 : -errno;  // became a link just now: look again
    close_folder();
    folder_ = next;
    done_.push_back(name);
    pending_.erase(pending_.begin());
    return 0;
  }
  int follow(std::string_view target) {
    pending_.erase(pending_.begin());
    if (target.starts_with('/')) return enter_absolute(target);
    std::vector<std::string> parts = components(target);
    pending_.insert(pending_.begin(), parts.begin(), parts.end());
    return 0;
  }
  int enter_absolute(std::string_view target) {
    struct stat root{};
    if (fstat(root_, &root) < 0) return -errno;
    const std::vector<std::string> parts = components(target);
    std::string prefix = "/";
    for (std::size_t used = 0;; prefix.append("/").append(parts[used++])) {
      struct stat here{};
      if (::stat(prefix.c_str(), &here) == 0 && here.st_dev == root.st_dev && here.st_ino == root.st_ino) {
        std::vector<std::string> rest(parts.begin() + static_cast<std::ptrdiff_t>(used), parts.end());
        if (!absolute_.empty()) {
          pending_ = std::move(rest);
          absolute_.clear();
        } else {
          pending_.insert(pending_.begin(), rest.begin(), rest.end());
        }
        done_.clear();
        close_folder();
        return 0;
      }
      if (used == parts.size()) return -EXDEV;
    }
  }
  void restart() {
    pending_.insert(pending_.begin(), done_.begin(), done_.end());
    done_.clear();
    close_folder();
  }
  void close_folder() {
    if (folder_ != root_) ::close(folder_);
    folder_ = root_;
  }

  int root_;
  int folder_;
  int links_ = 0;
  std::string absolute_;
  std::vector<std::string> done_;
  std::vector<std::string> pending_;
};

}  // namespace

int PosixFiles::open_root(const char* path) noexcept {
  return retried([&] { return ::open(path, kOpenFolder); });
}

int PosixFiles::open_beneath(int root, const char* path, int flags, mode_t mode, bool cached_only) noexcept try {
  if (cached_only) return -EAGAIN;  // no way to know without waiting
  for (int tries = 0; tries < 8; ++tries) {
    Walk walk(root, path);
    const int error = walk.run(!(flags & O_NOFOLLOW));
    if (error) return error;
    const char* name = walk.pending().empty() ? "." : walk.pending().front().c_str();
    const int descriptor = open_name(walk.folder(), name, flags, mode);
    // A file that became a link between the walk and now: walk again.
    if (descriptor != -ELOOP || (flags & O_NOFOLLOW)) return descriptor;
  }
  return -ELOOP;
} catch (const std::bad_alloc&) {
  return -ENOMEM;
}

int PosixFiles::resolve_beneath(int root, std::string_view path, std::string& resolved) {
  Walk walk(root, path);
  const int error = walk.run(true);
  if (error && error != -ENOENT) return error;
  for (const std::string& name : walk.pending()) {
    if (name == "..") return -ENOENT;  // nobody can say where a missing folder's parent is
  }
  resolved = walk.resolved();
  return 0;
}

int PosixFiles::open_name(int folder, const char* name, int flags, mode_t mode) noexcept {
  return retried([&] { return ::openat(folder, name, flags | O_NOFOLLOW | O_CLOEXEC, mode); });
}

int PosixFiles::open_nameless(int, mode_t) noexcept { return -EOPNOTSUPP; }
int PosixFiles::name_file(int, int, const char*) noexcept { return -EOPNOTSUPP; }
void PosixFiles::close(int descriptor) noexcept { ::close(descriptor); }

int PosixFiles::replace_descriptor(int fresh, int descriptor) noexcept {
  const int result = retried([&] { return ::dup2(fresh, descriptor); });
  if (result >= 0) fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  ::close(fresh);
  return result;
}

long PosixFiles::pread(int descriptor, std::span<std::byte> target, std::uint64_t offset) noexcept {
  return retried(
      [&] { return static_cast<long>(::pread(descriptor, target.data(), target.size(), static_cast<off_t>(offset))); });
}

long PosixFiles::pread_cached(int, std::span<std::byte>, std::uint64_t) noexcept { return -EAGAIN; }

long PosixFiles::pwritev(int descriptor, const iovec* pieces, int count, std::uint64_t offset) noexcept {
  const long written =
      retried([&] { return static_cast<long>(::pwritev(descriptor, pieces, count, static_cast<off_t>(offset))); });
  if (written != -ESPIPE) return written;
  return retried([&] { return static_cast<long>(::writev(descriptor, pieces, count)); });  // a file of /proc: in one go
}

long PosixFiles::copy_range(int from, std::uint64_t from_offset, int to, std::uint64_t to_offset,
                            std::size_t size) noexcept {
  std::byte buffer[32 << 10];
  std::size_t copied = 0;
  while (copied < size) {
    const std::size_t wanted = size - copied < sizeof buffer ? size - copied : sizeof buffer;
    const long count = PosixFiles::pread(from, {buffer, wanted}, from_offset + copied);
    if (count < 0) return count;
    if (count == 0) break;
    for (long written = 0; written < count;) {
      const iovec piece{buffer + written, static_cast<std::size_t>(count - written)};
      const long step = PosixFiles::pwritev(to, &piece, 1, to_offset + copied + static_cast<std::size_t>(written));
      if (step < 0) return step;
      written += step;
    }
    copied += static_cast<std::size_t>(count);
  }
  return static_cast<long>(copied);
}

int PosixFiles::clone(int, int) noexcept { return -EOPNOTSUPP; }
int PosixFiles::stat(int descriptor, struct stat& result) noexcept { return checked(::fstat(descriptor, &result)); }

int PosixFiles::stat_name(int folder, const char* name, struct stat& result) noexcept {
  return checked(::fstatat(folder, name, &result, AT_SYMLINK_NOFOLLOW));
}

bool PosixFiles::kernel_serves(int, dev_t) noexcept { return false; }

int PosixFiles::set_mode(int descriptor, mode_t mode) noexcept { return checked(::fchmod(descriptor, mode)); }

int PosixFiles::set_mtime(int descriptor, std::int64_t mtime_ns) noexcept {
  std::int64_t rest = mtime_ns % 1'000'000'000;
  if (rest < 0) rest += 1'000'000'000;
  timespec times[2] = {};
  times[0].tv_nsec = UTIME_OMIT;
  times[1].tv_sec = static_cast<time_t>((mtime_ns - rest) / 1'000'000'000);
  times[1].tv_nsec = static_cast<long>(rest);
  return checked(::futimens(descriptor, times));
}

int PosixFiles::truncate(int descriptor, std::uint64_t size) noexcept {
  return retried([&] { return ::ftruncate(descriptor, static_cast<off_t>(size)); });
}

std::int64_t PosixFiles::seek(int descriptor, std::int64_t offset, int whence) noexcept {
  const off_t position = ::lseek(descriptor, static_cast<off_t>(offset), whence);
  return position < 0 ? -errno : position;
}

int PosixFiles::sync(int descriptor) noexcept {
  return retried([&] { return ::fsync(descriptor); });
}

int PosixFiles::flush(int descriptor, dev_t) noexcept {
  const int copy = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) return -errno;
  const int error = checked(::close(copy));
  return error == -EINTR ? 0 : error;  // interrupted, which says nothing of what was written
}

int PosixFiles::sync_system(int) noexcept { return -EOPNOTSUPP; }

int PosixFiles::lock(int descriptor) noexcept {
  return retried([&] { return ::flock(descriptor, LOCK_EX); });
}

int PosixFiles::try_lock(int descriptor) noexcept {
  return retried([&] { return ::flock(descriptor, LOCK_EX | LOCK_NB); });
}

int PosixFiles::rename(int from_folder, const char* from, int to_folder, const char* to, bool replace) noexcept {
  if (replace) return checked(::renameat(from_folder, from, to_folder, to));
  // A second name is refused when the target exists, in one step.
  if (::linkat(from_folder, from, to_folder, to, 0) < 0) return -errno;
  return checked(::unlinkat(from_folder, from, 0));
}

int PosixFiles::unlink(int folder, const char* name) noexcept { return checked(::unlinkat(folder, name, 0)); }
int PosixFiles::remove_folder(int folder, const char* name) noexcept {
  return checked(::unlinkat(folder, name, AT_REMOVEDIR));
}
int PosixFiles::make_folder(int folder, const char* name, mode_t mode) noexcept {
  return checked(::mkdirat(folder, name, mode));
}

long PosixFiles::read_folder(int descriptor, std::int64_t position, std::span<std::byte> buffer) noexcept {
  const int own = ::openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (own < 0) return -errno;
  DIR* stream = ::fdopendir(own);
  if (!stream) {
    const int error = errno;
    ::close(own);
    return -error;
  }
  if (position != 0) ::seekdir(stream, static_cast<long>(position));
  std::size_t filled = 0;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream);
    if (!entry) break;
    const std::size_t name_size = std::strlen(entry->d_name) + 1;
    const std::size_t length = (offsetof(FolderRecord, name) + name_size + 7) & ~std::size_t{7};
    if (filled + length > buffer.size()) {
      errno = 0;  // the record is read again from its position, next time
      break;
    }
    auto* record = new (buffer.data() + filled) FolderRecord{};
    record->inode = entry->d_ino;
    record->next = ::telldir(stream);
    record->length = static_cast<std::uint16_t>(length);
    record->type = entry->d_type;
    std::memcpy(buffer.data() + filled + offsetof(FolderRecord, name), entry->d_name, name_size);
    filled += length;
  }
  const int error = errno;
  ::closedir(stream);
  return error != 0 && filled == 0 ? -error : static_cast<long>(filled);
}

Files& system_files() noexcept {
  static constinit Lasting<Files> files;
  return files.get([]() -> Files* {
#ifdef __linux__
    const char* wish = std::getenv("GENRO_IO");
    if (!wish || std::string_view(wish) != "posix") return new LinuxFiles;
#endif
    return new PosixFiles;
  });
}

}  // namespace genro::storage

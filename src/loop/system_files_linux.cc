// What Linux does better than POSIX: openat2 (5.6) stays beneath a folder in one call and can refuse to wait (5.12),
// preadv2 RWF_NOWAIT reads only what is in memory, files without a name, reflinks, copies inside the kernel.
// A sandbox may deny any of them with ENOSYS or EPERM; then the POSIX form does the work.
#ifdef __linux__

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iterator>

#include "loop/system_call.h"
#include "loop/system_files.h"

// The thread sanitizer follows descriptors from call to call of the C library.
#if defined(__SANITIZE_THREAD__)
#define GENRO_SEES_DESCRIPTORS 1
#elif defined(__has_feature)
#define GENRO_SEES_DESCRIPTORS __has_feature(thread_sanitizer)
#else
#define GENRO_SEES_DESCRIPTORS 0
#endif

namespace genro::storage {
namespace {

// Those that <linux/magic.h> does not have.
constexpr std::uint32_t kZfs = 0x2fc12fc1;
constexpr std::uint32_t kBcachefs = 0xca451a4e;
constexpr std::uint32_t kJfs = 0x3153464a;
constexpr std::uint32_t kNtfs3 = 0x7366746e;

long open2(int folder, const char* path, int flags, mode_t mode, std::uint64_t resolve) noexcept {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags) | O_CLOEXEC;
  how.mode = flags & (O_CREAT | O_TMPFILE) & ~O_DIRECTORY ? mode : 0;
  how.resolve = resolve;
  return ::syscall(SYS_openat2, folder, path, &how, sizeof how);
}

/// Past the C library, whose form is a point of cancellation, which costs in a process with threads.
int open_at(int folder, const char* path, int flags, mode_t mode) noexcept {
#if defined(__x86_64__)
  return static_cast<int>(::syscall(SYS_openat, folder, path, flags | O_CLOEXEC, mode));
#else
  return ::openat(folder, path, flags | O_CLOEXEC, mode);
#endif
}

/// Whether the path is one name: without following a link, opening that cannot leave the folder.
bool is_one_name(const char* path) noexcept {
  return *path != '\0' && std::strchr(path, '/') == nullptr && std::strcmp(path, ".") != 0 &&
         std::strcmp(path, "..") != 0;
}

/// Whether file systems of this type are the kernel's own, on disks of this machine or in its memory. A list of what is
/// known to be: FUSE, NFS, CIFS, 9P, Ceph, AFS, Lustre, … and whatever comes yet are not on it.
bool is_own(std::uint32_t type) noexcept {
  constexpr std::uint32_t kKnown[] = {EXT4_SUPER_MAGIC,
                                      XFS_SUPER_MAGIC,
                                      BTRFS_SUPER_MAGIC,
                                      F2FS_SUPER_MAGIC,
                                      TMPFS_MAGIC,
                                      RAMFS_MAGIC,
                                      OVERLAYFS_SUPER_MAGIC,
                                      SQUASHFS_MAGIC,
                                      EROFS_SUPER_MAGIC_V1,
                                      REISERFS_SUPER_MAGIC,
                                      MSDOS_SUPER_MAGIC,
                                      EXFAT_SUPER_MAGIC,
                                      ISOFS_SUPER_MAGIC,
                                      kZfs,
                                      kBcachefs,
                                      kJfs,
                                      kNtfs3};
  return std::find(std::begin(kKnown), std::end(kKnown), type) != std::end(kKnown);
}

}  // namespace

LinuxFiles::LinuxFiles() noexcept {
  const long probe = open2(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0, RESOLVE_NO_MAGICLINKS);
  has_openat2_ = probe >= 0;
  if (probe >= 0) ::close(static_cast<int>(probe));
  has_proc_ = ::access("/proc/self/fd", X_OK) == 0;
  // Before 5.8 syncfs kept failed writes to itself. openat2 came with 5.6, RESOLVE_CACHED with 5.12.
  const long cached = open2(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0, RESOLVE_CACHED);
  syncfs_tells_ = cached >= 0 || errno == EAGAIN;
  if (cached >= 0) ::close(static_cast<int>(cached));
}

int LinuxFiles::open_beneath(int root, const char* path, int flags, mode_t mode, bool cached_only) noexcept {
  if (!has_openat2_) return PosixFiles::open_beneath(root, path, flags, mode, cached_only);
  // The usual cases with less work for the kernel; links are left to the careful way.
  if (*path == '\0' && flags == (O_PATH | O_DIRECTORY)) {  // as `root` is
    const int descriptor = ::fcntl(root, F_DUPFD_CLOEXEC, 0);
    return descriptor >= 0 ? descriptor : -errno;
  }
  const bool sees_links = !(flags & O_PATH) || (flags & O_NOFOLLOW);
  if (!cached_only && sees_links && is_one_name(path)) {
    const int descriptor = open_at(root, path, flags | O_NOFOLLOW, mode);
    if (descriptor >= 0) return descriptor;
    if (errno == ENOENT || (flags & O_NOFOLLOW && errno != EINTR)) return -errno;
  }
  const char* name = *path ? path : ".";
  const std::uint64_t here = cached_only ? RESOLVE_CACHED | RESOLVE_NO_XDEV : 0;
  const std::uint64_t resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | here;
  for (int tries = 0; tries < 8; ++tries) {
    const long descriptor = open2(root, name, flags, mode, resolve);
    if (descriptor >= 0) return static_cast<int>(descriptor);
    if (errno == EINTR) continue;
    if (errno == EAGAIN && !cached_only) continue;  // ".." in a link raced with a rename
    // EXDEV: an absolute link may still stay inside. ENAMETOOLONG: the walk has no limit on the whole path.
    if (errno == EXDEV || errno == ENAMETOOLONG || errno == ENOSYS) break;
    if (errno == EINVAL && cached_only) return -EAGAIN;  // a kernel without RESOLVE_CACHED, or flags it cannot have
    return -errno;
  }
  return PosixFiles::open_beneath(root, path, flags, mode, cached_only);
}

int LinuxFiles::open_name(int folder, const char* name, int flags, mode_t mode) noexcept {
  return retried([&] { return open_at(folder, name, flags | O_NOFOLLOW, mode); });
}

void LinuxFiles::close(int descriptor) noexcept {
#if GENRO_SEES_DESCRIPTORS
  PosixFiles::close(descriptor);  // what it does not see end it takes for a race with the next use of the number
#else
  ::syscall(SYS_close, descriptor);
#endif
}

int LinuxFiles::open_nameless(int folder, mode_t mode) noexcept {
  if (!has_proc_) return -EOPNOTSUPP;  // nothing to give it a name by
  const int descriptor = open_at(folder, ".", O_TMPFILE | O_RDWR, mode);
  if (descriptor >= 0) return descriptor;
  // Old kernels and some file systems know no such files, each in its own words.
  if (errno == EISDIR || errno == EINVAL || errno == ENOENT || errno == EPERM || errno == ENOSYS) return -EOPNOTSUPP;
  return -errno;
}

int LinuxFiles::name_file(int descriptor, int folder, const char* name) noexcept {
  // By the descriptor itself: since Linux 6.10 for whoever opened it, before only for root. To others it is not there.
  const bool directly = names_directly_.load(std::memory_order_relaxed);
  if (directly) {
    if (::linkat(descriptor, "", folder, name, AT_EMPTY_PATH) == 0) return 0;
    if (errno != ENOENT && errno != EINVAL) return -errno;
  }
  char path[40];
  std::snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
  if (::linkat(AT_FDCWD, path, folder, name, AT_SYMLINK_FOLLOW) < 0) return -errno;
  if (directly) names_directly_.store(false, std::memory_order_relaxed);
  return 0;
}

long LinuxFiles::pread_cached(int descriptor, std::span<std::byte> target, std::uint64_t offset) noexcept {
  const iovec piece{target.data(), target.size()};
  const ssize_t count = ::preadv2(descriptor, &piece, 1, static_cast<off_t>(offset), RWF_NOWAIT);
  if (count >= 0) return count;
  if (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL) {
    // File systems that live in memory never wait, though most of them do not know the flag.
    struct statfs where{};
    if (::fstatfs(descriptor, &where) == 0 && (where.f_type == TMPFS_MAGIC || where.f_type == RAMFS_MAGIC)) {
      return PosixFiles::pread(descriptor, target, offset);
    }
    return -EAGAIN;
  }
  return errno == EINTR ? -EAGAIN : -errno;
}

long LinuxFiles::copy_range(int from, std::uint64_t from_offset, int to, std::uint64_t to_offset,
                            std::size_t size) noexcept {
  auto in = static_cast<loff_t>(from_offset);
  auto out = static_cast<loff_t>(to_offset);
  ssize_t count = ::copy_file_range(from, &in, to, &out, size, 0);
  if (count > 0) return count;
  // 0 also comes from files that the kernel makes up while they are read; the plain copy below tells an end from those.
  if (count < 0 && (errno == EIO || errno == ENOSPC || errno == EDQUOT || errno == EFBIG)) return -errno;
  if (count < 0 && ::lseek(to, static_cast<off_t>(to_offset), SEEK_SET) >= 0) {
    auto offset = static_cast<off_t>(from_offset);
    count = ::sendfile(to, from, &offset, size);
    if (count > 0) return count;
  }
  return PosixFiles::copy_range(from, from_offset, to, to_offset, size);
}

int LinuxFiles::clone(int from, int to) noexcept { return ::ioctl(to, FICLONE, from) < 0 ? -errno : 0; }

int LinuxFiles::stat(int descriptor, struct stat& result) noexcept {
#if defined(__x86_64__)
  // The C library goes through newfstatat and its path look-up, which costs twice as much before Linux 6.11.
  return ::syscall(SYS_fstat, descriptor, &result) < 0 ? -errno : 0;
#else
  return PosixFiles::stat(descriptor, result);
#endif
}

bool LinuxFiles::kernel_serves(int descriptor, dev_t device) noexcept {
  if (device != 0 && served_by_kernel_.load(std::memory_order_relaxed) == device) return true;
  if (device != 0 && served_by_others_.load(std::memory_order_relaxed) == device) return false;
  struct statfs where{};
  const bool known = ::fstatfs(descriptor, &where) == 0 && is_own(static_cast<std::uint32_t>(where.f_type));
  // The number of a device that is no disk may belong to another file system later: then only the careful answer is kept.
  if (!known || major(device) != 0)
    (known ? served_by_kernel_ : served_by_others_).store(device, std::memory_order_relaxed);
  return known;
}

int LinuxFiles::sync_system(int descriptor) noexcept {
  if (!syncfs_tells_) return -EOPNOTSUPP;
  return ::syncfs(descriptor) < 0 ? -errno : 0;
}

int LinuxFiles::flush(int descriptor, dev_t device) noexcept {
  return kernel_serves(descriptor, device) ? 0 : PosixFiles::flush(descriptor, device);  // which tells all by then
}

int LinuxFiles::rename(int from_folder, const char* from, int to_folder, const char* to, bool replace) noexcept {
  if (replace) return PosixFiles::rename(from_folder, from, to_folder, to, true);
  if (::syscall(SYS_renameat2, from_folder, from, to_folder, to, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS && errno != EPERM) return -errno;
  return PosixFiles::rename(from_folder, from, to_folder, to, false);
}

long LinuxFiles::read_folder(int descriptor, std::int64_t position, std::span<std::byte> buffer) noexcept {
  static_assert(offsetof(FolderRecord, name) == 19, "the layout of linux_dirent64");
  if (::lseek(descriptor, position, SEEK_SET) < 0) return -errno;
  const long size = ::syscall(SYS_getdents64, descriptor, buffer.data(), buffer.size());
  return size < 0 ? -errno : size;
}

}  // namespace genro::storage

#endif

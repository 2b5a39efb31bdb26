// Files: the system calls of the local backend, the third part of Env. The system's forms stand in loop/system_files*.cc;
// tests fail any call of any operation here. Thin on purpose: every call gives its value or -errno, never throws for a
// failed call, and may block unless it says otherwise. Nothing else in the library opens files below a mount's folder.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace genro::storage {

/// For descriptors that only say where something is. Systems without such open it for reading.
#ifdef O_PATH
inline constexpr int kOpenPath = O_PATH;
#else
inline constexpr int kOpenPath = O_RDONLY | O_NONBLOCK;
#endif

/// One record of Files::read_folder, in the layout of Linux's getdents64. Records follow each other, `length` bytes apart.
struct FolderRecord {
  std::uint64_t inode;
  std::int64_t next;     ///< Position of the record after this one, for read_folder.
  std::uint16_t length;  ///< Bytes of the whole record.
  std::uint8_t type;     ///< DT_REG, DT_DIR, … or DT_UNKNOWN
  char name[1];          ///< NUL-terminated, longer than declared.
};

class Files {
 public:
  virtual ~Files() = default;

  /// Opens a mount's folder by its absolute path, to be used as `root` or `folder` below.
  virtual int open_root(const char* path) noexcept = 0;
  /// Opens `path`, any number of components ("" = the root itself), without ever leaving `root`: links that stay inside are
  /// followed (the last one only without O_NOFOLLOW), others give -EXDEV. `cached_only`: -EAGAIN instead of waiting for a
  /// disk, and instead of going over to another file system.
  virtual int open_beneath(int root, const char* path, int flags, mode_t mode, bool cached_only) noexcept = 0;
  /// The same path without links, relative to the root; what does not exist is kept as written. -EXDEV when it leaves.
  virtual int resolve_beneath(int root, std::string_view path, std::string& resolved) = 0;
  /// Opens one name in a folder, never following a link.
  virtual int open_name(int folder, const char* name, int flags, mode_t mode) noexcept = 0;
  /// A new file without a name in this folder, for writing; it is gone when closed before name_file(). -EOPNOTSUPP where there is none.
  virtual int open_nameless(int folder, mode_t mode) noexcept = 0;
  virtual int name_file(int descriptor, int folder, const char* name) noexcept = 0;
  virtual void close(int descriptor) noexcept = 0;
  /// Makes `descriptor` refer to what `fresh` refers to, at once for all threads, and closes `fresh`.
  virtual int replace_descriptor(int fresh, int descriptor) noexcept = 0;

  virtual long pread(int descriptor, std::span<std::byte> target, std::uint64_t offset) noexcept = 0;
  /// Never waits for a disk: -EAGAIN when the bytes are not in memory.
  virtual long pread_cached(int descriptor, std::span<std::byte> target, std::uint64_t offset) noexcept = 0;
  virtual long pwritev(int descriptor, const iovec* pieces, int count, std::uint64_t offset) noexcept = 0;
  /// Copies between files inside the kernel where it can; 0 = `from` ends at `from_offset`.
  virtual long copy_range(int from, std::uint64_t from_offset, int to, std::uint64_t to_offset,
                          std::size_t size) noexcept = 0;
  /// Makes `to` share the blocks of `from` (reflink); fails where the file system cannot.
  virtual int clone(int from, int to) noexcept = 0;

  virtual int stat(int descriptor, struct stat& result) noexcept = 0;
  virtual int stat_name(int folder, const char* name,
                        struct stat& result) noexcept = 0;  ///< Of a link, not of its target.
  /// Whether the kernel serves the file system that holds it by itself: no other process (FUSE) and no server (NFS, CIFS) has
  /// to answer for it. `device`: its st_dev. May wait for such an answer. When in doubt, false.
  virtual bool kernel_serves(int descriptor, dev_t device) noexcept = 0;
  virtual int set_mode(int descriptor, mode_t mode) noexcept = 0;
  virtual int set_mtime(int descriptor, std::int64_t mtime_ns) noexcept = 0;
  virtual int truncate(int descriptor, std::uint64_t size) noexcept = 0;
  /// Moves the descriptor's own position, which no other call here uses; gives the new one. `whence`: as of lseek.
  virtual std::int64_t seek(int descriptor, std::int64_t offset, int whence) noexcept = 0;
  virtual int sync(int descriptor) noexcept = 0;  ///< File or folder, to stable storage.
  /// What closing the file would say, before it is closed: file systems behind a network tell only then of writes that
  /// failed. `device`: the file's st_dev, by which those that never have anything to tell are known without asking.
  virtual int flush(int descriptor, dev_t device) noexcept = 0;
  /// The whole file system that holds it, so with all else written there. -EOPNOTSUPP where that cannot tell of failures.
  virtual int sync_system(int descriptor) noexcept = 0;
  virtual int lock(
      int descriptor) noexcept = 0;  ///< Exclusive among processes that lock too, until the descriptor is closed.
  virtual int try_lock(
      int descriptor) noexcept = 0;  ///< The same without waiting: -EWOULDBLOCK when another one has it.

  virtual int rename(int from_folder, const char* from, int to_folder, const char* to,
                     bool replace) noexcept = 0;  ///< -EEXIST when it may not replace.
  virtual int unlink(int folder, const char* name) noexcept = 0;
  virtual int remove_folder(int folder, const char* name) noexcept = 0;
  virtual int make_folder(int folder, const char* name, mode_t mode) noexcept = 0;
  /// Fills `buffer` with FolderRecords beginning at `position` (0 = the first); gives the bytes filled, 0 = end. Includes "." and "..".
  virtual long read_folder(int descriptor, std::int64_t position, std::span<std::byte> buffer) noexcept = 0;
};

}  // namespace genro::storage

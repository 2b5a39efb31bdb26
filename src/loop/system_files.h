// The real Files. Used by Env::system(); everything else takes Files from its Env.
// PosixFiles needs nothing beyond POSIX 2008; LinuxFiles replaces what the kernel does better, and falls back to PosixFiles
// call by call where a kernel or a sandbox denies it. GENRO_IO=posix in the environment chooses PosixFiles.
#pragma once

#include <atomic>

#include "core/files.h"

namespace genro::storage {

Files& system_files() noexcept;

class PosixFiles : public Files {
 public:
  int open_root(const char* path) noexcept override;
  int open_beneath(int root, const char* path, int flags, mode_t mode, bool cached_only) noexcept override;
  int resolve_beneath(int root, std::string_view path, std::string& resolved) override;
  int open_name(int folder, const char* name, int flags, mode_t mode) noexcept override;
  int open_nameless(int folder, mode_t mode) noexcept override;
  int name_file(int descriptor, int folder, const char* name) noexcept override;
  void close(int descriptor) noexcept override;
  int replace_descriptor(int fresh, int descriptor) noexcept override;
  long pread(int descriptor, std::span<std::byte> target, std::uint64_t offset) noexcept override;
  long pread_cached(int descriptor, std::span<std::byte> target, std::uint64_t offset) noexcept override;
  long pwritev(int descriptor, const iovec* pieces, int count, std::uint64_t offset) noexcept override;
  long copy_range(int from, std::uint64_t from_offset, int to, std::uint64_t to_offset,
                  std::size_t size) noexcept override;
  int clone(int from, int to) noexcept override;
  int stat(int descriptor, struct stat& result) noexcept override;
  int stat_name(int folder, const char* name, struct stat& result) noexcept override;
  bool kernel_serves(int descriptor, dev_t device) noexcept override;
  int set_mode(int descriptor, mode_t mode) noexcept override;
  int set_mtime(int descriptor, std::int64_t mtime_ns) noexcept override;
  int truncate(int descriptor, std::uint64_t size) noexcept override;
  std::int64_t seek(int descriptor, std::int64_t offset, int whence) noexcept override;
  int sync(int descriptor) noexcept override;
  int sync_system(int descriptor) noexcept override;
  int flush(int descriptor, dev_t device) noexcept override;
  int lock(int descriptor) noexcept override;
  int try_lock(int descriptor) noexcept override;
  int rename(int from_folder, const char* from, int to_folder, const char* to, bool replace) noexcept override;
  int unlink(int folder, const char* name) noexcept override;
  int remove_folder(int folder, const char* name) noexcept override;
  int make_folder(int folder, const char* name, mode_t mode) noexcept override;
  long read_folder(int descriptor, std::int64_t position, std::span<std::byte> buffer) noexcept override;
};

#ifdef __linux__
class LinuxFiles final : public PosixFiles {
 public:
  LinuxFiles() noexcept;
  int open_beneath(int root, const char* path, int flags, mode_t mode, bool cached_only) noexcept override;
  int open_name(int folder, const char* name, int flags, mode_t mode) noexcept override;
  int open_nameless(int folder, mode_t mode) noexcept override;
  int name_file(int descriptor, int folder, const char* name) noexcept override;
  void close(int descriptor) noexcept override;
  long pread_cached(int descriptor, std::span<std::byte> target, std::uint64_t offset) noexcept override;
  long copy_range(int from, std::uint64_t from_offset, int to, std::uint64_t to_offset,
                  std::size_t size) noexcept override;
  int clone(int from, int to) noexcept override;
  int stat(int descriptor, struct stat& result) noexcept override;
  bool kernel_serves(int descriptor, dev_t device) noexcept override;
  int sync_system(int descriptor) noexcept override;
  int flush(int descriptor, dev_t device) noexcept override;
  int rename(int from_folder, const char* from, int to_folder, const char* to, bool replace) noexcept override;
  long read_folder(int descriptor, std::int64_t position, std::span<std::byte> buffer) noexcept override;

 private:
  bool has_openat2_;
  bool has_proc_;
  bool syncfs_tells_;
  std::atomic<dev_t> served_by_kernel_{0};  // the last devices seen that are, and that are not
  std::atomic<dev_t> served_by_others_{0};
  std::atomic<bool> names_directly_{true};  // until the kernel was seen to want the way through /proc
};
#endif

}  // namespace genro::storage

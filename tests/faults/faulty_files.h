// FaultyFiles: the system's files, of which the Nth call fails in a chosen way. Knows which descriptors are open.
// For fault tests of whatever takes its files from Env. Thread-safe; look at it when nothing runs.
#pragma once

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/files.h"

namespace genro::storage::test {

struct FileFault {
  enum class Kind : unsigned char {
    before,   ///< the call does nothing and gives `error`
    after,    ///< the call is done, but gives `error` (opening calls: as before)
    partial,  ///< reads, writes and copies move only half of their bytes; other calls: `before`
  };
  std::uint64_t nth = 0;  ///< 0 = never
  bool for_ever = false;
  Kind kind = Kind::before;
  int error = EIO;
};

class FaultyFiles final : public Files {
 public:
  explicit FaultyFiles(Files& real) : real_(real) {}
  FileFault fault;
  std::vector<std::string> log;  ///< names of the calls
  const std::set<int>& open_descriptors() const noexcept { return open_; }
  std::uint64_t calls() const noexcept { return log.size(); }

  int open_root(const char* path) noexcept override {
    return opened("open_root", [&] { return real_.open_root(path); });
  }
  int open_beneath(int root, const char* path, int flags, mode_t mode, bool cached_only) noexcept override {
    return opened("open_beneath", [&] { return real_.open_beneath(root, path, flags, mode, cached_only); });
  }
  int resolve_beneath(int root, std::string_view path, std::string& resolved) override {
    return call("resolve_beneath", [&] { return real_.resolve_beneath(root, path, resolved); });
  }
  int open_name(int folder, const char* name, int flags, mode_t mode) noexcept override {
    return opened("open_name", [&] { return real_.open_name(folder, name, flags, mode); });
  }
  int open_nameless(int folder, mode_t mode) noexcept override {
    return opened("open_nameless", [&] { return real_.open_nameless(folder, mode); });
  }
  int name_file(int descriptor, int folder, const char* name) noexcept override {
    return call("name_file", [&] { return real_.name_file(descriptor, folder, name); });
  }
  void close(int descriptor) noexcept override {
    forget(descriptor);
    real_.close(descriptor);
  }
  int replace_descriptor(int fresh, int descriptor) noexcept override {
    forget(fresh);
    return real_.replace_descriptor(fresh, descriptor);
  }
  long pread(int descriptor, std::span<std::byte> target, std::uint64_t offset) noexcept override {
    return moved("pread", target.size(),
                 [&](std::size_t size) { return real_.pread(descriptor, target.first(size), offset); });
  }
  long pread_cached(int descriptor, std::span<std::byte> target, std::uint64_t offset) noexcept override {
    return moved("pread_cached", target.size(),
                 [&](std::size_t size) { return real_.pread_cached(descriptor, target.first(size), offset); });
  }
  long pwritev(int descriptor, const iovec* pieces, int count, std::uint64_t offset) noexcept override {
    std::size_t total = 0;
    for (int i = 0; i < count; ++i) total += pieces[i].iov_len;
    return moved("pwritev", total, [&](std::size_t size) {
      if (size == total) return real_.pwritev(descriptor, pieces, count, offset);
      const iovec half{pieces[0].iov_base, std::min(size, pieces[0].iov_len)};
      return real_.pwritev(descriptor, &half, 1, offset);
    });
  }
  long copy_range(int from, std::uint64_t from_offset, int to, std::uint64_t to_offset,
                  std::size_t size) noexcept override {
    return moved("copy_range", size,
                 [&](std::size_t some) { return real_.copy_range(from, from_offset, to, to_offset, some); });
  }
  int clone(int from, int to) noexcept override {
    return call("clone", [&] { return real_.clone(from, to); });
  }
  int stat(int descriptor, struct stat& result) noexcept override {
    return call("stat", [&] { return real_.stat(descriptor, result); });
  }
  int stat_name(int folder, const char* name, struct stat& result) noexcept override {
    return call("stat_name", [&] { return real_.stat_name(folder, name, result); });
  }
  bool kernel_serves(int descriptor, dev_t device) noexcept override {
    return real_.kernel_serves(descriptor, device);  // a guess, which cannot fail
  }
  int set_mode(int descriptor, mode_t mode) noexcept override {
    return call("set_mode", [&] { return real_.set_mode(descriptor, mode); });
  }
  int set_mtime(int descriptor, std::int64_t mtime_ns) noexcept override {
    return call("set_mtime", [&] { return real_.set_mtime(descriptor, mtime_ns); });
  }
  int truncate(int descriptor, std::uint64_t size) noexcept override {
    return call("truncate", [&] { return real_.truncate(descriptor, size); });
  }
  std::int64_t seek(int descriptor, std::int64_t offset, int whence) noexcept override {
    return call("seek", [&] { return real_.seek(descriptor, offset, whence); });
  }
  int sync_system(int descriptor) noexcept override {
    return call("sync_system", [&] { return real_.sync_system(descriptor); });
  }
  int sync(int descriptor) noexcept override {
    return call("sync", [&] { return real_.sync(descriptor); });
  }
  int flush(int descriptor, dev_t device) noexcept override {
    return call("flush", [&] { return real_.flush(descriptor, device); });
  }
  int try_lock(int descriptor) noexcept override {
    return call("try_lock", [&] { return real_.try_lock(descriptor); });
  }
  int lock(int descriptor) noexcept override {
    return call("lock", [&] { return real_.lock(descriptor); });
  }
  int rename(int from_folder, const char* from, int to_folder, const char* to, bool replace) noexcept override {
    return call("rename", [&] { return real_.rename(from_folder, from, to_folder, to, replace); });
  }
  int unlink(int folder, const char* name) noexcept override {
    return call("unlink", [&] { return real_.unlink(folder, name); });
  }
  int remove_folder(int folder, const char* name) noexcept override {
    return call("remove_folder", [&] { return real_.remove_folder(folder, name); });
  }
  int make_folder(int folder, const char* name, mode_t mode) noexcept override {
    return call("make_folder", [&] { return real_.make_folder(folder, name, mode); });
  }
  long read_folder(int descriptor, std::int64_t position, std::span<std::byte> buffer) noexcept override {
    return call("read_folder", [&] { return real_.read_folder(descriptor, position, buffer); });
  }

 private:
  void forget(int descriptor) {
    const std::lock_guard lock(mutex_);
    open_.erase(descriptor);
  }
  bool strikes(const char* name) {
    const std::lock_guard lock(mutex_);
    log.emplace_back(name);
    return fault.nth != 0 && (calls() == fault.nth || (fault.for_ever && calls() > fault.nth));
  }
  template <class Do>
  auto call(const char* name, Do run) -> decltype(run()) {
    using Value = decltype(run());
    if (!strikes(name)) return run();
    if (fault.kind == FileFault::Kind::after) run();
    return static_cast<Value>(-fault.error);
  }
  template <class Do>
  int opened(const char* name, Do run) {
    const int descriptor = strikes(name) ? -fault.error : run();
    if (descriptor < 0) return descriptor;
    const std::lock_guard lock(mutex_);
    open_.insert(descriptor);
    return descriptor;
  }
  template <class Do>
  long moved(const char* name, std::size_t size, Do run) {
    if (!strikes(name)) return run(size);
    if (fault.kind == FileFault::Kind::partial && size > 1) return run(size / 2);
    if (fault.kind == FileFault::Kind::after) run(size);
    return -fault.error;
  }

  Files& real_;
  std::mutex mutex_;
  std::set<int> open_;
};

}  // namespace genro::storage::test

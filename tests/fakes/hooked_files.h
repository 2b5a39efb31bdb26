// HookedFiles: the system's Files behind a hook that sees every call first and can fail it. Used by tests of the local
// backend. close() cannot fail and is counted only, so that leaks show: open_count() is 0 when all is closed.
#pragma once

#include <atomic>
#include <cerrno>
#include <functional>
#include <thread>
#include <utility>

#include "core/files.h"

namespace genro::storage::test {

class HookedFiles final : public Files {
 public:
  /// Called with the name of the call; 0 lets it through, -errno is its failure. May be called from any thread.
  using Hook = std::function<int(const char* call)>;
  explicit HookedFiles(Files& inner, Hook hook = {}) : inner_(inner), hook_(std::move(hook)) {}
  void set_hook(Hook hook) { hook_ = std::move(hook); }
  /// As file systems of a server or of another process are.
  void be_served_by_others() { served_by_others_ = true; }
  int open_count() const { return open_; }
  /// Helper threads may close files of slow mounts after whoever read them has gone; they must find this.
  void wait_until_closed() const {
    while (open_ > 0) std::this_thread::yield();
  }

  int open_root(const char* path) noexcept override {
    return opened("open_root", [&] { return inner_.open_root(path); });
  }
  int open_beneath(int root, const char* path, int flags, mode_t mode, bool cached_only) noexcept override {
    return opened("open_beneath", [&] { return inner_.open_beneath(root, path, flags, mode, cached_only); });
  }
  int resolve_beneath(int root, std::string_view path, std::string& resolved) override {
    return hooked("resolve_beneath", [&] { return inner_.resolve_beneath(root, path, resolved); });
  }
  int open_name(int folder, const char* name, int flags, mode_t mode) noexcept override {
    return opened("open_name", [&] { return inner_.open_name(folder, name, flags, mode); });
  }
  int open_nameless(int folder, mode_t mode) noexcept override {
    return opened("open_nameless", [&] { return inner_.open_nameless(folder, mode); });
  }
  int name_file(int descriptor, int folder, const char* name) noexcept override {
    return hooked("name_file", [&] { return inner_.name_file(descriptor, folder, name); });
  }
  void close(int descriptor) noexcept override {
    inner_.close(descriptor);
    --open_;  // at the last: whoever waits for it ends this
  }
  int replace_descriptor(int fresh, int descriptor) noexcept override {
    --open_;  // `fresh` is closed, whatever comes out
    return inner_.replace_descriptor(fresh, descriptor);
  }
  long pread(int descriptor, std::span<std::byte> target, std::uint64_t offset) noexcept override {
    return hooked("pread", [&] { return inner_.pread(descriptor, target, offset); });
  }
  long pread_cached(int descriptor, std::span<std::byte> target, std::uint64_t offset) noexcept override {
    return hooked("pread_cached", [&] { return inner_.pread_cached(descriptor, target, offset); });
  }
  long pwritev(int descriptor, const iovec* pieces, int count, std::uint64_t offset) noexcept override {
    return hooked("pwritev", [&] { return inner_.pwritev(descriptor, pieces, count, offset); });
  }
  long copy_range(int from, std::uint64_t from_offset, int to, std::uint64_t to_offset,
                  std::size_t size) noexcept override {
    return hooked("copy_range", [&] { return inner_.copy_range(from, from_offset, to, to_offset, size); });
  }
  int clone(int from, int to) noexcept override {
    return hooked("clone", [&] { return inner_.clone(from, to); });
  }
  int stat(int descriptor, struct stat& result) noexcept override {
    return hooked("stat", [&] { return inner_.stat(descriptor, result); });
  }
  int stat_name(int folder, const char* name, struct stat& result) noexcept override {
    return hooked("stat_name", [&] { return inner_.stat_name(folder, name, result); });
  }
  bool kernel_serves(int descriptor, dev_t device) noexcept override {
    return !served_by_others_ && inner_.kernel_serves(descriptor, device);
  }
  int set_mode(int descriptor, mode_t mode) noexcept override {
    return hooked("set_mode", [&] { return inner_.set_mode(descriptor, mode); });
  }
  int set_mtime(int descriptor, std::int64_t mtime_ns) noexcept override {
    return hooked("set_mtime", [&] { return inner_.set_mtime(descriptor, mtime_ns); });
  }
  int truncate(int descriptor, std::uint64_t size) noexcept override {
    return hooked("truncate", [&] { return inner_.truncate(descriptor, size); });
  }
  std::int64_t seek(int descriptor, std::int64_t offset, int whence) noexcept override {
    return hooked("seek", [&] { return inner_.seek(descriptor, offset, whence); });
  }
  int sync_system(int descriptor) noexcept override {
    return hooked("sync_system", [&] { return inner_.sync_system(descriptor); });
  }
  int sync(int descriptor) noexcept override {
    return hooked("sync", [&] { return inner_.sync(descriptor); });
  }
  int flush(int descriptor, dev_t device) noexcept override {
    return hooked("flush", [&] { return inner_.flush(descriptor, device); });
  }
  int try_lock(int descriptor) noexcept override {
    return hooked("try_lock", [&] { return inner_.try_lock(descriptor); });
  }
  int lock(int descriptor) noexcept override {
    return hooked("lock", [&] { return inner_.lock(descriptor); });
  }
  int rename(int from_folder, const char* from, int to_folder, const char* to, bool replace) noexcept override {
    return hooked("rename", [&] { return inner_.rename(from_folder, from, to_folder, to, replace); });
  }
  int unlink(int folder, const char* name) noexcept override {
    return hooked("unlink", [&] { return inner_.unlink(folder, name); });
  }
  int remove_folder(int folder, const char* name) noexcept override {
    return hooked("remove_folder", [&] { return inner_.remove_folder(folder, name); });
  }
  int make_folder(int folder, const char* name, mode_t mode) noexcept override {
    return hooked("make_folder", [&] { return inner_.make_folder(folder, name, mode); });
  }
  long read_folder(int descriptor, std::int64_t position, std::span<std::byte> buffer) noexcept override {
    return hooked("read_folder", [&] { return inner_.read_folder(descriptor, position, buffer); });
  }

 private:
  template <class Call>
  auto hooked(const char* name, Call call) -> decltype(call()) {
    if (hook_) {
      if (const int error = hook_(name)) return error;
    }
    return call();
  }
  template <class Call>
  int opened(const char* name, Call call) {
    const int descriptor = hooked(name, call);
    if (descriptor >= 0) ++open_;
    return descriptor;
  }

  Files& inner_;
  Hook hook_;
  bool served_by_others_ = false;
  std::atomic<int> open_{0};
};

}  // namespace genro::storage::test

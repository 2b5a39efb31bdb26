// Where the paths of a local mount are: the mount's folder as an open descriptor, and ways to open things beneath it.
// Used by the parts of the local backend only. All of it may block. Errors carry mount paths, never those of the server.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "backends/local/entry.h"
#include "backends/local/pace.h"
#include "core/context.h"
#include "core/env.h"
#include "core/files.h"
#include "core/mutex.h"
#include "genro/storage/config.h"

namespace genro::storage::local {

/// An open descriptor, closed through Files.
class Descriptor {
 public:
  Descriptor() = default;
  Descriptor(Files& files, int number) noexcept : files_(&files), number_(number) {}
  Descriptor(Descriptor&& other) noexcept : files_(other.files_), number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(files_, other.files_);
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() { reset(); }
  void reset() noexcept {
    if (number_ >= 0) files_->close(std::exchange(number_, -1));
  }
  int release() noexcept { return std::exchange(number_, -1); }
  int number() const noexcept { return number_; }
  explicit operator bool() const noexcept { return number_ >= 0; }

 private:
  Files* files_ = nullptr;
  int number_ = -1;
};

/// A file opened to be read.
struct OpenFile {
  Descriptor file;
  struct stat status{};
  bool quick =
      false;  ///< Reading what is in memory and closing do not wait (Pace), or the caller waits for them anyway.
};

/// One path of the mount for the length of one operation.
struct RootedPath {
  int root = -1;
  const char* below =
      "";                ///< The path beneath root: the user's path, or its rest behind the prefix of a switched mount.
  Descriptor owned;      ///< The root when it was opened for this operation only.
  bool made = false;     ///< The root was missing, and was made for this operation.
  std::string folder{};  ///< Where the root is, when a function said so.
};

/// The base of a mount: a fixed folder, opened once, or what the user's function says, asked for every operation.
class Base {
 public:
  Base(std::string folder, Env& env);  ///< Throws invalid_argument or not_found when it is no good.
  Base(BaseResolver resolver, Env& env);
  ~Base();
  Base(const Base&) = delete;
  Base& operator=(const Base&) = delete;

  bool fixed() const noexcept { return !resolver_.resolve; }
  int root() const noexcept { return root_; }                     ///< Fixed only.
  const std::string& folder() const noexcept { return folder_; }  ///< Fixed only; absolute, without links.
  /// Which threads work for the mount. Readers and uploads share it: they may live longer.
  const std::shared_ptr<Pace>& pace() const noexcept { return pace_; }
  /// Of the helper threads. Where a function of the user's is asked, the work may wait for anything.
  ThreadShare& threads() const noexcept { return fixed() ? pace_->threads() : ThreadShare::general(); }
  /// Whether an awaited operation may ask the mount's own file system on the loop's thread.
  bool quick() const noexcept { return fixed() && pace_->quick(); }
  /// Whether reading the file never waits for anybody but a disk of this machine. May block.
  bool serves_quickly(int descriptor, const struct stat& status) const noexcept;
  /// `create`: makes the base when it is missing. Throws what the user's function throws.
  RootedPath place(const std::string& path, bool create) const;
  /// Whether the fixed folder was removed since it was opened.
  bool removed() const noexcept;
  /// How often the fixed folder has turned out to be another one: asked before an operation, for refresh() after it.
  std::uint64_t generation() const noexcept { return generation_.load(std::memory_order_acquire); }
  /// Whether the fixed folder was replaced (or, with `create`, made anew) since root() was of the generation `seen`, also
  /// when another thread has noticed first; then root() is the new one, and what was not found may be there.
  bool refresh(bool create, std::uint64_t seen);
  /// Absolute path without links.
  std::string absolute(const std::string& path) const;

  /// Runs operation(place), once more when the mount's folder turned out to be another one by now.
  template <class F>
  auto run(const std::string& path, bool create, F operation) {
    const std::uint64_t seen = generation();
    try {
      const RootedPath there = place(path, create);
      return operation(there);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::not_found || !refresh(create, seen)) throw;
    }
    const RootedPath there = place(path, create);
    return operation(there);
  }

 private:
  std::string ask(const std::string& prefix) const;

  Files& files_;
  BaseResolver resolver_;
  std::string folder_;
  int root_ = -1;
  std::shared_ptr<Pace> pace_;
  std::atomic<std::uint64_t> generation_{0};
  struct stat root_status_{};  // what root_ is; guarded by refreshing_
  LongMutex refreshing_;
};

/// The folder that holds the last name of a path, and that name.
struct ParentFolder {
  Descriptor folder;
  std::string name;
};
/// `create`: makes missing folders. `for_sync`: the descriptor can be synced (when the folder may be read at all).
ParentFolder open_parent(Files& files, const RootedPath& place, const char* operation, const std::string& path,
                         bool create, bool for_sync);
/// Makes every missing folder of `below`; gives the last. `sync`: each new one to stable storage.
Descriptor make_folders(Files& files, int root, const std::string& below, const char* operation,
                        const std::string& path, bool sync);
/// Between two jobs: throws when the operation was stopped or has no time left.
void require_time(const Context& context);
/// Throws invalid_path for a path that the system cannot even be asked about (NUL).
void check_path(const char* operation, const std::string& path);

}  // namespace genro::storage::local

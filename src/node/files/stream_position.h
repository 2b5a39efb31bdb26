// StreamPosition: where a stream stands in its file. A number of its own; once others know the descriptor, the descriptor's
// position, as programs and libraries that are given one expect. Used by the forms of File::Stream.
// Any thread may get() it; the rest is for whoever has the stream's turn.
#pragma once

#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "core/files.h"
#include "genro/storage/error.h"

namespace genro::storage {

class StreamPosition {
 public:
  explicit StreamPosition(std::uint64_t start = 0) noexcept : position_(start) {}
  std::uint64_t get() const noexcept {
    const int descriptor = descriptor_.load(std::memory_order_acquire);
    const std::int64_t there = descriptor < 0 ? -1 : files_->seek(descriptor, 0, SEEK_CUR);
    return there < 0 ? position_.load(std::memory_order_relaxed) : before_ + static_cast<std::uint64_t>(there);
  }
  void set(std::uint64_t position) {
    const int descriptor = descriptor_.load(std::memory_order_relaxed);
    if (descriptor >= 0) {
      const std::int64_t there = files_->seek(descriptor, static_cast<std::int64_t>(position - before_), SEEK_SET);
      if (there < 0) throw Error::from_errno(static_cast<int>(-there), "seek", "");
    }
    position_.store(position, std::memory_order_relaxed);
  }
  /// Where it was before a failure.
  void put_back(std::uint64_t position) noexcept {
    const int descriptor = descriptor_.load(std::memory_order_relaxed);
    if (descriptor >= 0) files_->seek(descriptor, static_cast<std::int64_t>(position - before_), SEEK_SET);
    position_.store(position, std::memory_order_relaxed);
  }
  /// From now on it is the descriptor's, which is moved to here. `before`: bytes of the file in front of the descriptor's.
  void follow(Files& files, int descriptor, std::uint64_t before) {
    if (descriptor_.load(std::memory_order_relaxed) >= 0) return;  // others may have moved it since
    files_ = &files;
    before_ = before;
    descriptor_.store(descriptor, std::memory_order_release);
    set(position_.load(std::memory_order_relaxed));
  }
  /// The descriptor is about to be closed.
  void unfollow() noexcept {
    const std::uint64_t last = get();
    descriptor_.store(-1, std::memory_order_relaxed);
    position_.store(last, std::memory_order_relaxed);
  }

 private:
  std::atomic<std::uint64_t> position_;
  Files* files_ = nullptr;
  std::atomic<int> descriptor_{-1};
  std::uint64_t before_ = 0;
};

}  // namespace genro::storage

// StreamPosition: where a stream stands in its file. A number of its own; once others know the descriptor, the descriptor's
// position, as programs and libraries that are given one expect. Used by the forms of File::Stream.
#pragma once

#include <unistd.h>

#include <cstdint>

#include "core/files.h"
#include "genro/storage/error.h"

namespace genro::storage {

class StreamPosition {
 public:
  explicit StreamPosition(std::uint64_t start = 0) noexcept : position_(start) {}
  std::uint64_t get() const noexcept {
    if (descriptor_ < 0) return position_;
    const std::int64_t there = files_->seek(descriptor_, 0, SEEK_CUR);
    return there < 0 ? position_ : before_ + static_cast<std::uint64_t>(there);
  }
  void set(std::uint64_t position) {
    if (descriptor_ >= 0) {
      const std::int64_t there = files_->seek(descriptor_, static_cast<std::int64_t>(position - before_), SEEK_SET);
      if (there < 0) throw Error::from_errno(static_cast<int>(-there), "seek", "");
    }
    position_ = position;
  }
  /// From now on it is the descriptor's, which is moved to here. `before`: bytes of the file in front of the descriptor's.
  void follow(Files& files, int descriptor, std::uint64_t before) {
    if (descriptor_ >= 0) return;  // others may have moved it since
    files_ = &files;
    descriptor_ = descriptor;
    before_ = before;
    set(position_);
  }

 private:
  std::uint64_t position_;
  Files* files_ = nullptr;
  int descriptor_ = -1;
  std::uint64_t before_ = 0;
};

}  // namespace genro::storage

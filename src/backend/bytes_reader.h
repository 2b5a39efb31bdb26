// BytesReader: a Reader over bytes that are already in memory. Used by backends that have the whole content at hand.
#pragma once

#include <algorithm>
#include <cstring>
#include <utility>

#include "genro/storage/backend.h"
#include "loop/give_way.h"

namespace genro::storage {

/// The part of a content of `size` bytes that `range` means: its end is cut, a begin beyond the end is out_of_range.
inline ByteRange clamped(const ByteRange& range, std::uint64_t size, const std::string& path) {
  if (range.begin > size || range.begin > range.end) {
    throw Error(ErrorCode::out_of_range, "read", path, "byte range outside of the file");
  }
  return {range.begin, std::min(range.end, size)};
}

class BytesReader final : public LeafReader {
 public:
  /// `content`: the whole content; only `range` of it is given out. `entry`: describes the whole.
  BytesReader(Entry entry, const Bytes& content, const ByteRange& range)
      : entry_(std::move(entry)),
        begin_(range.begin),
        left_(content.slice(range.begin, range.end - range.begin)),
        size_(left_.size()) {}
  const Entry& entry() const noexcept override { return entry_; }
  std::uint64_t begin() const noexcept override { return begin_; }
  std::uint64_t size() const noexcept override { return size_; }
  Task<std::size_t> read_into(std::span<std::byte> target) override {
    const std::size_t count = std::min(target.size(), left_.size());
    for (std::size_t done = 0; done < count;) {
      const std::size_t step = std::min(count - done, kOneGo);
      std::memcpy(target.data() + done, left_.data(), step);
      left_ = left_.slice(step, left_.size() - step);
      done += step;
      co_await give_way(stretch_, step);
    }
    co_return count;
  }
  Task<Bytes> read_all() override { co_return std::exchange(left_, Bytes()); }
  const Bytes* buffered() const noexcept override { return &left_; }

 private:
  Entry entry_;
  std::uint64_t begin_;
  Bytes left_;
  std::uint64_t size_;
  Stretch stretch_;
};

}  // namespace genro::storage

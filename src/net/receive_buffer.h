// ReceiveBuffer: what a connection has received and not yet used. It has memory only while something is in it: empty, the
// memory goes to the next connection of the thread that receives, so that hundreds of them share a piece that is in the
// cache. Used by HttpConnection. A view() is good until the next call that is not const.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <string_view>

namespace genro::storage {

class ReceiveBuffer {
 public:
  static constexpr std::size_t kUsual = 16384;

  bool empty() const noexcept { return begin_ == end_; }
  std::size_t size() const noexcept { return end_ - begin_; }
  std::string_view view() const noexcept { return {memory_.get() + begin_, size()}; }
  /// The first `size` bytes are used.
  void consume(std::size_t size) noexcept {
    begin_ += size;
    if (begin_ == end_) give_back();
  }
  /// Where to receive into, behind what is there: some bytes at least. filled() must follow.
  iovec room();
  /// What was received there, maybe nothing.
  void filled(std::size_t size) noexcept {
    end_ += size;
    if (begin_ == end_) give_back();
  }

 private:
  struct Memory {  // of kUsual bytes: to the thread's spare pieces
    std::size_t capacity;
    void operator()(char* piece) const noexcept;
  };
  using Piece = std::unique_ptr<char, Memory>;
  static Piece take(std::size_t capacity);
  void give_back() noexcept {
    memory_.reset();
    begin_ = end_ = 0;
  }

  Piece memory_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace genro::storage

#include "net/receive_buffer.h"

#include <array>
#include <cstring>
#include <new>

#include "core/sanitized.h"

namespace genro::storage {
namespace {

constexpr std::size_t kMostSpare = 8;

// Trivial on purpose: it is still there while other thread-locals, and with them connections, are destroyed.
struct Spare {
  std::array<char*, kMostSpare> pieces;
  std::size_t count;
  bool registered;
  bool over;
};
constinit thread_local Spare spare{};

/// Gives everything back when its thread ends.
struct Cleaner {
  ~Cleaner() {
    spare.over = true;
    while (spare.count != 0) ::operator delete(spare.pieces[--spare.count]);
  }
};

}  // namespace

void ReceiveBuffer::Memory::operator()(char* piece) const noexcept {
  Spare& mine = spare;
  if (kSanitized || capacity != kUsual || mine.over || mine.count == kMostSpare) {
    ::operator delete(piece);
    return;
  }
  if (!mine.registered) {
    mine.registered = true;
    static thread_local Cleaner cleaner;
    static_cast<void>(&cleaner);
  }
  mine.pieces[mine.count++] = piece;
}

ReceiveBuffer::Piece ReceiveBuffer::take(std::size_t capacity) {
  Spare& mine = spare;
  void* const piece = capacity == kUsual && mine.count != 0 ? mine.pieces[--mine.count] : ::operator new(capacity);
  return Piece(static_cast<char*>(piece), Memory{capacity});
}

iovec ReceiveBuffer::room() {
  if (!memory_) {
    memory_ = take(kUsual);
  } else if (begin_ > 0) {
    std::memmove(memory_.get(), memory_.get() + begin_, size());
    end_ -= begin_;
    begin_ = 0;
  }
  const std::size_t capacity = memory_.get_deleter().capacity;
  if (end_ == capacity) {  // a long head: its parser ends it at 64 KiB
    Piece larger = take(capacity * 2);
    std::memcpy(larger.get(), memory_.get(), end_);
    memory_ = std::move(larger);
  }
  return {memory_.get() + end_, memory_.get_deleter().capacity - end_};
}

}  // namespace genro::storage

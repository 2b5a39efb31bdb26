// Memory of coroutine frames. A small request makes some twenty of them, on two threads: the general allocator's caches
// are too short for that, and freeing on another thread takes its locks. Here each thread keeps its own short lists of
// blocks by size; a block may be freed by another thread than made it, and simply joins that one's list.
#include <array>
#include <cstddef>
#include <cstdint>
#include <new>

#include "core/sanitized.h"
#include "genro/storage/task.h"

namespace genro::storage::detail {
namespace {

constexpr std::size_t kStep = 64;
constexpr std::size_t kClasses = 32;  // up to 2 KiB; larger frames are rare
// Blocks that a list keeps. With hundreds of requests under way all of their frames come back within one turn: a list that
// is too short for that sends most of them through the general allocator.
constexpr std::uint16_t kLongest = 1024;

struct Block {
  Block* next;
};

// Trivial on purpose: no guard is checked when it is used, and it is still there while other thread-locals are destroyed.
struct Lists {
  std::array<Block*, kClasses> first;
  std::array<std::uint16_t, kClasses> count;
  bool registered;
  bool over;
};
constinit thread_local Lists lists{};

/// Gives everything back when its thread ends.
struct Cleaner {
  ~Cleaner() {
    lists.over = true;
    for (Block*& first : lists.first) {
      while (first) {
        Block* block = first;
        first = block->next;
        ::operator delete(block);
      }
    }
  }
};

std::size_t class_of(std::size_t size) noexcept { return (size - 1) / kStep; }

}  // namespace

void* allocate_frame(std::size_t size) {
  const std::size_t index = class_of(size);
  if (kSanitized || index >= kClasses) return ::operator new(size);
  Lists& mine = lists;
  if (Block* block = mine.first[index]) {
    mine.first[index] = block->next;
    --mine.count[index];
    return block;
  }
  return ::operator new((index + 1) * kStep);
}

void free_frame(void* frame, std::size_t size) noexcept {
  const std::size_t index = class_of(size);
  Lists& mine = lists;
  if (kSanitized || index >= kClasses || mine.over || mine.count[index] == kLongest) {
    ::operator delete(frame);
    return;
  }
  if (!mine.registered) {
    mine.registered = true;
    static thread_local Cleaner cleaner;
    static_cast<void>(&cleaner);
  }
  auto* block = static_cast<Block*>(frame);
  block->next = mine.first[index];
  mine.first[index] = block;
  ++mine.count[index];
}

}  // namespace genro::storage::detail

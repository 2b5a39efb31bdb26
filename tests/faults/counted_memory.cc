// Counts the blocks of memory that are in use, to find what a failed operation left behind.
// ThreadSanitizer has its own operator new and lets nobody replace it: there nothing is counted.
#include <atomic>
#include <cstdlib>
#include <new>

#include "faults/fault_points.h"

#if defined(__SANITIZE_THREAD__)
#define GENRO_UNCOUNTED 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define GENRO_UNCOUNTED 1
#endif
#endif

#ifdef GENRO_UNCOUNTED

namespace genro::storage::test {
std::int64_t live_blocks() noexcept { return 0; }
}  // namespace genro::storage::test

#else

namespace {
std::atomic<std::int64_t> live{0};

void* counted_or_null(std::size_t size) noexcept {
  void* block = std::malloc(size ? size : 1);
  if (block) live.fetch_add(1, std::memory_order_relaxed);
  return block;
}

void* counted(std::size_t size) {
  void* block = counted_or_null(size);
  if (!block) throw std::bad_alloc();
  return block;
}

void* counted(std::size_t size, std::align_val_t alignment) {
  const auto align = static_cast<std::size_t>(alignment);
  void* block = std::aligned_alloc(align, (size + align - 1) / align * align);
  if (!block) throw std::bad_alloc();
  live.fetch_add(1, std::memory_order_relaxed);
  return block;
}

void release(void* block) noexcept {
  if (!block) return;
  live.fetch_sub(1, std::memory_order_relaxed);
  std::free(block);
}

}  // namespace

void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void* operator new(std::size_t size, std::align_val_t alignment) { return counted(size, alignment); }
void* operator new[](std::size_t size, std::align_val_t alignment) { return counted(size, alignment); }
// Without these a sanitizer's own would make what release() frees (std::stable_partition asks so for its buffer).
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return counted_or_null(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return counted_or_null(size); }
void operator delete(void* block) noexcept { release(block); }
void operator delete[](void* block) noexcept { release(block); }
void operator delete(void* block, std::size_t) noexcept { release(block); }
void operator delete[](void* block, std::size_t) noexcept { release(block); }
void operator delete(void* block, std::align_val_t) noexcept { release(block); }
void operator delete[](void* block, std::align_val_t) noexcept { release(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { release(block); }
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept { release(block); }

// Frames are counted like all memory: this program brings plain ones in place of core/frame_pool.cc, which keeps some.
namespace genro::storage::detail {
void* allocate_frame(std::size_t size) { return ::operator new(size); }
void free_frame(void* frame, std::size_t) noexcept { ::operator delete(frame); }
}  // namespace genro::storage::detail

namespace genro::storage::test {
std::int64_t live_blocks() noexcept { return live.load(std::memory_order_relaxed); }
}  // namespace genro::storage::test

#endif

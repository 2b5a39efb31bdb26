// Huge pages are several times cheaper than small ones, unless the machine is a guest whose host takes free huge pages
// back: then the first touch of each costs the host's work, too, and several times more than small pages (5 ms beside
// 0.25 ms for 2 MiB on one such guest). Nothing tells the two apart but trying. So each huge page is timed; after a slow
// one the next ones are taken as small pages, twice as many each time.
#include "core/memory_pages.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace genro::storage {

#if defined(MADV_POPULATE_WRITE) && defined(MADV_HUGEPAGE)

namespace {

constexpr std::uintptr_t kHuge = std::uintptr_t{2} << 20;
constexpr std::uintptr_t kSmall = 4096;
constexpr auto kSlow = std::chrono::microseconds(900);  // for one huge page; small pages need about 500 for as much
constexpr int kFirstPause = 16;                         // pages
constexpr int kLongestPause = 1024;

std::atomic<int> paused{0};  // so many are taken as small pages before the next try
std::atomic<int> pause_length{kFirstPause};

bool populate(std::uintptr_t begin, std::uintptr_t end) noexcept {
  return begin >= end || madvise(reinterpret_cast<void*>(begin), end - begin, MADV_POPULATE_WRITE) == 0;
}

bool populate_huge(std::uintptr_t begin) noexcept {
  if (paused.load(std::memory_order_relaxed) > 0) {
    paused.fetch_sub(1, std::memory_order_relaxed);
    return populate(begin, begin + kHuge);
  }
  const auto start = std::chrono::steady_clock::now();
  madvise(reinterpret_cast<void*>(begin), kHuge, MADV_HUGEPAGE);
  const bool there = populate(begin, begin + kHuge);
  if (std::chrono::steady_clock::now() - start < kSlow) {
    pause_length.store(kFirstPause, std::memory_order_relaxed);
  } else {
    const int length = pause_length.load(std::memory_order_relaxed);
    paused.store(length, std::memory_order_relaxed);
    pause_length.store(std::min(length * 2, kLongestPause), std::memory_order_relaxed);
  }
  return there;
}

}  // namespace

void prepare_memory(std::span<std::byte> part, std::span<std::byte> block) noexcept {
  const auto block_begin = reinterpret_cast<std::uintptr_t>(block.data());
  const std::uintptr_t block_end = block_begin + block.size();
  const auto begin = reinterpret_cast<std::uintptr_t>(part.data());
  const std::uintptr_t end = begin + part.size();
  for (std::uintptr_t at = begin; at < end;) {
    const std::uintptr_t page = at & ~(kHuge - 1);
    const bool ours = page >= block_begin && page + kHuge <= block_end;
    const bool begins_here = page >= begin;  // else the part before has prepared it
    bool there = true;
    if (ours && begins_here) there = populate_huge(page);
    if (!ours) there = populate((at + kSmall - 1) & ~(kSmall - 1), std::min(page + kHuge, end) & ~(kSmall - 1));
    if (!there) return;  // an older kernel
    at = page + kHuge;
  }
}

#else

void prepare_memory(std::span<std::byte>, std::span<std::byte>) noexcept {}

#endif

}  // namespace genro::storage

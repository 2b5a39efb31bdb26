// Preparing memory changes nothing that can be seen: every byte can be written, wherever the part lies in its block.
#include "core/memory_pages.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "genro/storage/bytes.h"

namespace genro::storage {
namespace {

TEST(MemoryPages, PreparedMemoryIsFilledAndReadLikeAnyOther) {
  constexpr std::size_t kSize = 23 * 1'000'003;
  BytesBuffer buffer(kSize);
  const std::span<std::byte> block = buffer.span();
  unsigned char value = 0;
  for (std::size_t at = 0; at < kSize; at += 1'000'003) {
    const std::span<std::byte> part = block.subspan(at, 1'000'003);
    prepare_memory(part, block);
    std::memset(part.data(), ++value, part.size());
  }
  for (std::size_t i = 0; i < kSize; i += 997) {
    ASSERT_EQ(static_cast<unsigned char>(block[i]), i / 1'000'003 + 1) << i;
  }
}

TEST(MemoryPages, WhatIsInUseBesideTheBlockStays) {
  std::vector<std::byte> memory(8 << 20, std::byte{7});
  for (const std::size_t begin : {0U, 1U, 4096U, 5'000U, 2U << 20}) {
    const std::span<std::byte> block = std::span(memory).subspan(begin, 3 << 20);
    prepare_memory(block, block);
    prepare_memory(block.first(0), block);
    prepare_memory(block.last(1), block);
  }
  for (std::size_t i = 0; i < memory.size(); i += 511) ASSERT_EQ(memory[i], std::byte{7}) << i;
}

}  // namespace
}  // namespace genro::storage

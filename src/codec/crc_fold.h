// Folding of long messages by carry-less multiplication, for every reflected CRC of at most 64 bits.
// Used by crc.cc only, which finishes what is left with its table. Absent on CPUs without the instruction.
#pragma once

#include <cstddef>
#include <cstdint>

namespace genro::storage::crc_fold {

// Multipliers that move a 128-bit remainder forward by a distance of bits: x^(distance+63) and x^(distance-1)
// mod P, each as a reflected 64-bit word (a 32-bit one stands in the upper half).
struct Step {
  std::uint64_t first;
  std::uint64_t second;
};

struct Steps {
  Step by_128;
  Step by_256;
  Step by_384;
  Step by_512;
  Step by_1024;
  Step by_1536;
  Step by_2048;
};

// Folds whole blocks of `data` (at least kMinimum bytes) with `state` applied to its first bytes into the
// 16 bytes at `remainder`, whose CRC from state zero, followed by the unread bytes, is that of the whole.
// Returns how many bytes were read: a multiple of 16.
using Kernel = std::size_t (*)(const Steps& steps, std::uint64_t state, const std::byte* data, std::size_t size,
                               std::byte* remainder);

inline constexpr std::size_t kMinimum = 64;

// The best kernels for this CPU; null where there is none. `wide` pays from kWideMinimum bytes on.
inline constexpr std::size_t kWideMinimum = 1024;
Kernel narrow_kernel() noexcept;
Kernel wide_kernel() noexcept;

}  // namespace genro::storage::crc_fold

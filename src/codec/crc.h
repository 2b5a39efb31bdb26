// The cyclic redundancy checks of object stores: CRC-64/NVME, CRC-32C and CRC-32 (names and check values as in
// the RevEng catalogue). Used for checksum headers and by readers that verify what they received.
// Not a digest: a CRC finds accidents, never an attacker.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace genro::storage {

// An incremental CRC with reflected polynomial kPolynomial, all-ones start and final inversion.
// A small value: copy it freely. Carry-less multiplication is used where the CPU has it.
template <class Word, Word kPolynomial>
class Crc {
 public:
  void update(std::span<const std::byte> data) noexcept;
  void update(std::string_view data) noexcept { update(std::as_bytes(std::span(data))); }

  Word value() const noexcept { return static_cast<Word>(~state_); }

  // The value as the big-endian bytes that S3 and GCS encode in base64.
  std::array<std::byte, sizeof(Word)> bytes() const noexcept {
    std::array<std::byte, sizeof(Word)> out;
    for (std::size_t i = 0; i < sizeof(Word); ++i) {
      out[i] = static_cast<std::byte>(value() >> (8 * (sizeof(Word) - 1 - i)));
    }
    return out;
  }

  static Word of(std::span<const std::byte> data) noexcept {
    Crc crc;
    crc.update(data);
    return crc.value();
  }
  static Word of(std::string_view data) noexcept { return of(std::as_bytes(std::span(data))); }

  // The CRC of A followed by B, from the CRCs of A and B and the length of B in bytes. O(log length).
  static Word combine(Word first, Word second, std::uint64_t second_length) noexcept;

 private:
  Word state_ = static_cast<Word>(~Word{0});
};

using Crc64Nvme = Crc<std::uint64_t, 0x9A6C9329AC4BC9B5u>;
using Crc32c = Crc<std::uint32_t, 0x82F63B78u>;
using Crc32 = Crc<std::uint32_t, 0xEDB88320u>;

extern template class Crc<std::uint64_t, 0x9A6C9329AC4BC9B5u>;
extern template class Crc<std::uint32_t, 0x82F63B78u>;
extern template class Crc<std::uint32_t, 0xEDB88320u>;

}  // namespace genro::storage

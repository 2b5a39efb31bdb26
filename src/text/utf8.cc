#include "text/utf8.h"

#include <cstdint>
#include <cstring>

namespace genro::storage {
namespace {

bool continues(unsigned char byte) noexcept { return (byte & 0xC0U) == 0x80U; }

// Length of the well-formed sequence at `at`, 0 when there is none.
std::size_t sequence_length(const unsigned char* at, std::size_t left) noexcept {
  const unsigned char lead = at[0];
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return left >= 2 && continues(at[1]) ? 2 : 0;
  if ((lead & 0xF0U) == 0xE0U) {
    if (left < 3 || !continues(at[1]) || !continues(at[2])) return 0;
    if (lead == 0xE0 && at[1] < 0xA0) return 0;  // overlong
    if (lead == 0xED && at[1] > 0x9F) return 0;  // surrogates
    return 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (left < 4 || !continues(at[1]) || !continues(at[2]) || !continues(at[3])) return 0;
    if (lead == 0xF0 && at[1] < 0x90) return 0;  // overlong
    if (lead == 0xF4 && at[1] > 0x8F) return 0;  // beyond U+10FFFF
    return 4;
  }
  return 0;
}

}  // namespace

std::size_t find_invalid_utf8(std::string_view text) noexcept {
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  const std::size_t size = text.size();
  std::size_t at = 0;
  while (at < size) {
    // Most text is ASCII: take 32 bytes at once while no high bit is set.
    while (size - at >= 32) {
      std::uint64_t words[4];
      std::memcpy(words, bytes + at, sizeof(words));
      if (((words[0] | words[1] | words[2] | words[3]) & 0x8080808080808080ULL) != 0) break;
      at += 32;
    }
    const std::size_t stop = size - at >= 32 ? at + 32 : size;
    while (at < stop) {
      const std::size_t length = sequence_length(bytes + at, size - at);
      if (length == 0) return at;
      at += length;
    }
  }
  return std::string_view::npos;
}

}  // namespace genro::storage

#include "backend/marked_digits.h"

#include <cstdint>

namespace genro::storage {
namespace {

constexpr std::size_t kRandomDigits = kMarkedDigits / 2;

void append_digits(std::uint64_t number, std::string& to) {
  for (std::size_t digit = 0; digit < kRandomDigits; ++digit, number >>= 4) to += "0123456789abcdef"[number & 15];
}

/// What the second half of the digits says of the first.
std::uint64_t mark_of(std::string_view digits) noexcept {
  std::uint64_t mark = 0x67656e726f746d70;
  for (const char digit : digits) {
    mark = (mark ^ static_cast<unsigned char>(digit)) * 0x9E3779B97F4A7C15;
    mark ^= mark >> 29;
  }
  return mark;
}

}  // namespace

std::string marked_digits(Random& random) {
  std::string digits;
  append_digits(random.next(), digits);
  append_digits(mark_of(digits), digits);
  return digits;
}

bool are_marked_digits(std::string_view digits) noexcept {
  if (digits.size() != kMarkedDigits) return false;
  std::uint64_t mark = mark_of(digits.substr(0, kRandomDigits));
  for (const char digit : digits.substr(kRandomDigits)) {
    if (digit != "0123456789abcdef"[mark & 15]) return false;
    mark >>= 4;
  }
  return true;
}

}  // namespace genro::storage

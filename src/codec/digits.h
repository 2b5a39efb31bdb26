// Fixed-width decimal numbers in texts, as dates have them.
// Used by the date codecs. Returns -1 where a digit is missing.
#pragma once

#include <cstddef>
#include <string_view>

namespace genro::storage {

constexpr int fixed_digits(std::string_view text, std::size_t count) noexcept {
  if (text.size() < count) return -1;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

constexpr int two_digits(std::string_view text) noexcept { return fixed_digits(text, 2); }
constexpr int four_digits(std::string_view text) noexcept { return fixed_digits(text, 4); }

constexpr void put_two_digits(int value, char* out) noexcept {
  out[0] = static_cast<char>('0' + value / 10);
  out[1] = static_cast<char>('0' + value % 10);
}

}  // namespace genro::storage

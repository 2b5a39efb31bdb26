// Lower-case hexadecimal of bytes, and back.
// Used by signing, entity tags and MD5 texts.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace genro::storage {

// Writes 2 * data.size() characters to `out`.
void hex_encode_to(std::span<const std::byte> data, char* out) noexcept;

std::string hex_encode(std::span<const std::byte> data);

// Either case is accepted. Nothing when the length is odd or a character is no hexadecimal digit.
std::optional<std::vector<std::byte>> hex_decode(std::string_view text);

// The value of one hexadecimal digit, or -1.
constexpr int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace genro::storage

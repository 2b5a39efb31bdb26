#include "codec/hex.h"

#include <array>
#include <cstring>

namespace genro::storage {

namespace {

// Both digits of each byte: one look-up and one store of two.
constexpr std::array<std::array<char, 2>, 256> kPairs = [] {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<std::array<char, 2>, 256> pairs{};
  for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i] = {kDigits[i >> 4], kDigits[i & 15]};
  return pairs;
}();

}  // namespace

void hex_encode_to(std::span<const std::byte> data, char* out) noexcept {
  for (const std::byte byte : data) {
    std::memcpy(out, kPairs[std::to_integer<std::size_t>(byte)].data(), 2);
    out += 2;
  }
}

std::string hex_encode(std::span<const std::byte> data) {
  std::string text(data.size() * 2, '\0');
  hex_encode_to(data, text.data());
  return text;
}

std::optional<std::vector<std::byte>> hex_decode(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::vector<std::byte> bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_digit(text[i]);
    const int low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<std::byte>(high * 16 + low));
  }
  return bytes;
}

}  // namespace genro::storage

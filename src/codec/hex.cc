#include "codec/hex.h"

namespace genro::storage {

void hex_encode_to(std::span<const std::byte> data, char* out) noexcept {
  constexpr char kDigits[] = "0123456789abcdef";
  for (const std::byte byte : data) {
    *out++ = kDigits[std::to_integer<unsigned>(byte) >> 4];
    *out++ = kDigits[std::to_integer<unsigned>(byte) & 15u];
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

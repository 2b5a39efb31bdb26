// UTF-8 into the units that a str is made of (1, 2 or 4 bytes a character) and back. Pure: used by long_text.cc, without the GIL.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "python/ref.h"

namespace genro::storage::python {

/// How many characters of ASCII it begins with.
inline std::size_t ascii_prefix(std::string_view text) noexcept {
  constexpr std::uint64_t kHighBits = 0x8080808080808080ULL;
  std::size_t at = 0;
  for (std::uint64_t word = 0; text.size() - at >= sizeof word; at += sizeof word) {
    std::memcpy(&word, text.data() + at, sizeof word);
    if ((word & kHighBits) != 0) break;
  }
  while (at != text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
  return at;
}

/// What a str of some UTF-8, well-formed if it is not ASCII, is: its length, and a bound of its characters as PyUnicode_New() wants it.
struct TextShape {
  std::size_t length = 0;
  unsigned char lead = 0;  // the greatest byte

  void add(std::string_view text) noexcept {
    std::size_t at = 0;
    while (at != text.size()) {
      const std::size_t end = at + ascii_prefix(text.substr(at));
      length += end - at;
      for (at = end; at != text.size(); ++at) {
        const auto byte = static_cast<unsigned char>(text[at]);
        if (byte < 0x80) break;
        length += byte >= 0xC0 ? 1 : 0;
        lead = byte > lead ? byte : lead;
      }
    }
  }
  bool is_ascii() const noexcept { return lead < 0x80; }
  Py_UCS4 bound() const noexcept {
    if (is_ascii()) return 0x7F;
    if (lead < 0xC4) return 0xFF;
    return lead < 0xF0 ? 0xFFFF : 0x10FFFF;
  }
};

/// Writes the characters of well-formed UTF-8; gives where the next one goes.
template <class Unit>
Unit* decode_utf8(std::string_view text, Unit* out) noexcept {
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  const auto* const end = at + text.size();
  const auto bits = [&at](int index) { return static_cast<Py_UCS4>(at[index] & 0x3FU); };
  while (at != end) {
    const Py_UCS4 lead = *at;
    if (lead < 0x80) {
      const auto count = ascii_prefix(text.substr(text.size() - static_cast<std::size_t>(end - at)));
      out = std::copy_n(at, count, out);
      at += count;
    } else if (lead < 0xE0) {
      *out++ = static_cast<Unit>((lead & 0x1FU) << 6 | bits(1));
      at += 2;
    } else if (lead < 0xF0) {
      *out++ = static_cast<Unit>((lead & 0x0FU) << 12 | bits(1) << 6 | bits(2));
      at += 3;
    } else {
      *out++ = static_cast<Unit>((lead & 0x07U) << 18 | bits(1) << 12 | bits(2) << 6 | bits(3));
      at += 4;
    }
  }
  return out;
}

/// Bytes that these characters take in UTF-8; `surrogates` is set when one of them has no place there.
template <class Unit>
std::size_t utf8_size(const Unit* at, const Unit* end, bool& surrogates) noexcept {
  std::size_t size = 0;
  for (; at != end; ++at) {
    const Py_UCS4 c = *at;
    size += 1U + (c >= 0x80 ? 1U : 0U) + (c >= 0x800 ? 1U : 0U) + (c >= 0x10000 ? 1U : 0U);
    surrogates = surrogates || (c >= 0xD800 && c <= 0xDFFF);
  }
  return size;
}

/// Writes characters, none of them a surrogate, as UTF-8; gives where the next one goes.
template <class Unit>
char* encode_utf8(const Unit* at, const Unit* end, char* out) noexcept {
  const auto put = [&out](Py_UCS4 byte) { *out++ = static_cast<char>(byte); };
  for (; at != end; ++at) {
    const Py_UCS4 c = *at;
    if (c < 0x80) {
      put(c);
    } else if (c < 0x800) {
      put(0xC0U | c >> 6), put(0x80U | (c & 0x3FU));
    } else if (c < 0x10000) {
      put(0xE0U | c >> 12), put(0x80U | (c >> 6 & 0x3FU)), put(0x80U | (c & 0x3FU));
    } else {
      put(0xF0U | c >> 18), put(0x80U | (c >> 12 & 0x3FU)), put(0x80U | (c >> 6 & 0x3FU)), put(0x80U | (c & 0x3FU));
    }
  }
  return out;
}

}  // namespace genro::storage::python

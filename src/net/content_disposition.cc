#include "net/content_disposition.h"

#include <cstddef>

#include "text/utf8.h"

namespace genro::storage {
namespace {

std::string as_utf8(std::string_view text) {
  std::string result;
  for (;;) {
    const std::size_t bad = find_invalid_utf8(text);
    result += text.substr(0, bad);
    if (bad == std::string_view::npos) return result;
    result += '_';
    text.remove_prefix(bad + 1);
  }
}

/// Bytes of the character in front, in well-formed UTF-8.
std::size_t character_size(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

/// C0, DEL and C1; line separators and what turns the direction of text (a name that reads "exe.gpj" backwards).
bool is_hidden(std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1) return byte(0) < 0x20 || byte(0) == 0x7F;
  if (character.size() == 2) return byte(0) == 0xC2 && byte(1) < 0xA0;
  if (character.size() != 3 || byte(0) != 0xE2) return false;
  return (byte(1) == 0x80 && (byte(2) == 0x8E || byte(2) == 0x8F || (byte(2) >= 0xA8 && byte(2) <= 0xAE))) ||
         (byte(1) == 0x81 && byte(2) >= 0xA6 && byte(2) <= 0xA9);
}

/// RFC 8187 section 3.2.1.
bool is_attr_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         std::string_view("!#$&+-.^_`|~").find(c) != std::string_view::npos;
}

struct NamePair {
  std::string plain;     // for filename: ASCII, quotes escaped
  std::string extended;  // for filename*
  bool same = true;
};

NamePair names_of(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  NamePair names;
  while (!text.empty()) {
    std::string_view character = text.substr(0, character_size(text.front()));
    text.remove_prefix(character.size());
    if (is_hidden(character)) continue;
    if (character == "/" || character == "\\") character = "_";
    if (character == "\"") names.plain += '\\';
    names.plain += character.size() == 1 ? character.front() : '_';
    // A percent sign in a plain name is taken for an escape by some browsers (RFC 6266 appendix D).
    if (character.size() > 1 || character == "%") names.same = false;
    for (const char c : character) {
      if (is_attr_char(c)) {
        names.extended += c;
      } else {
        const auto byte = static_cast<unsigned char>(c);
        names.extended.append(1, '%').append(1, kHex[byte >> 4U]).append(1, kHex[byte & 15U]);
      }
    }
  }
  return names;
}

}  // namespace

std::string content_disposition(std::string_view name) {
  const NamePair names = names_of(as_utf8(name));
  if (names.plain.empty()) return "attachment; filename=\"download\"";
  std::string value = "attachment; filename=\"" + names.plain + '"';
  if (!names.same) value += "; filename*=UTF-8''" + names.extended;
  return value;
}

}  // namespace genro::storage

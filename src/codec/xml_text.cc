#include "codec/xml_text.h"

#include <charconv>
#include <cstdint>

namespace genro::storage {
namespace {

void append_utf8(std::uint32_t point, std::string& out) {
  const auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xc0 | point >> 6);
    put(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    put(0xe0 | point >> 12);
    put(0x80 | (point >> 6 & 0x3f));
    put(0x80 | (point & 0x3f));
  } else {
    put(0xf0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3f));
    put(0x80 | (point >> 6 & 0x3f));
    put(0x80 | (point & 0x3f));
  }
}

bool append_numeric(std::string_view digits, std::string& out) {
  int base = 10;
  if (!digits.empty() && (digits.front() == 'x' || digits.front() == 'X')) {
    base = 16;
    digits.remove_prefix(1);
  }
  std::uint32_t point = 0;
  const char* const begin = digits.data();
  const char* const end = begin + digits.size();
  const auto [at, error] = std::from_chars(begin, end, point, base);
  const bool surrogate = point >= 0xd800 && point < 0xe000;
  if (digits.empty() || error != std::errc() || at != end || point > 0x10ffff || surrogate) return false;
  append_utf8(point, out);
  return true;
}

bool append_reference(std::string_view name, std::string& out) {
  if (!name.empty() && name.front() == '#') return append_numeric(name.substr(1), out);
  const char c = name == "amp"    ? '&'
                 : name == "lt"   ? '<'
                 : name == "gt"   ? '>'
                 : name == "quot" ? '"'
                 : name == "apos" ? '\''
                                  : '\0';
  if (c == '\0') return false;
  out.push_back(c);
  return true;
}

}  // namespace

void xml_escape_to(std::string_view text, std::string& out) {
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&apos;"; break;
      case '\r': out += "&#13;"; break;  // a bare one would be read back as a line feed
      case '\n': out += "&#10;"; break;
      case '\t': out += "&#9;"; break;
      default: out.push_back(c);
    }
  }
}

std::string xml_unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t amp = text.find('&');
    out.append(text.substr(0, amp));
    if (amp == std::string_view::npos) break;
    text.remove_prefix(amp);
    const std::size_t end = text.substr(0, 12).find(';');
    if (end != std::string_view::npos && append_reference(text.substr(1, end - 1), out)) {
      text.remove_prefix(end + 1);
    } else {
      out.push_back('&');
      text.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace genro::storage

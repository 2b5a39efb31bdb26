#include "text/glob.h"

#include <cstdint>
#include <utility>

namespace genro::storage {
namespace {

// Bytes that are not part of a well-formed character become characters of their own, outside of Unicode's range.
constexpr char32_t kRawByte = 0x110000;

std::u32string decode(std::string_view text) {
  std::u32string result;
  result.reserve(text.size());
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  for (std::size_t i = 0; i < text.size();) {
    const unsigned char lead = bytes[i];
    const std::size_t length = lead < 0x80               ? 1
                               : (lead & 0xE0U) == 0xC0U ? 2
                               : (lead & 0xF0U) == 0xE0U ? 3
                               : (lead & 0xF8U) == 0xF0U ? 4
                                                         : 0;
    bool whole = length != 0 && i + length <= text.size();
    char32_t character = length == 1 ? lead : lead & (0x7FU >> length);
    for (std::size_t k = 1; whole && k < length; ++k) {
      whole = (bytes[i + k] & 0xC0U) == 0x80U;
      character = (character << 6) | (bytes[i + k] & 0x3FU);
    }
    if (whole) {
      result.push_back(character);
      i += length;
    } else {
      result.push_back(kRawByte + lead);
      ++i;
    }
  }
  return result;
}

}  // namespace

bool Glob::Item::accepts(char32_t tested) const noexcept {
  if (kind == Kind::literal) return tested == character;
  if (kind == Kind::any_one) return true;
  bool inside = false;
  for (const Range& range : ranges) inside = inside || (range.first <= tested && tested <= range.last);
  return inside != negated;
}

Glob::Item Glob::parse_set(std::u32string_view body) {
  Item item{Item::Kind::set, false, 0, {}};
  if (!body.empty() && body.front() == U'!') {
    item.negated = true;
    body.remove_prefix(1);
  }
  for (std::size_t i = 0; i < body.size();) {
    if (i + 2 < body.size() && body[i + 1] == U'-') {
      // A range that runs backwards is empty.
      if (body[i] <= body[i + 2]) item.ranges.push_back({body[i], body[i + 2]});
      i += 3;
    } else {
      item.ranges.push_back({body[i], body[i]});
      ++i;
    }
  }
  return item;
}

Glob::Glob(std::string pattern) : pattern_(std::move(pattern)) {
  const std::u32string text = decode(pattern_);
  for (std::size_t i = 0; i < text.size();) {
    const char32_t character = text[i++];
    if (character == U'*') {
      if (items_.empty() || items_.back().kind != Item::Kind::any_run)
        items_.push_back({Item::Kind::any_run, false, 0, {}});
    } else if (character == U'?') {
      items_.push_back({Item::Kind::any_one, false, 0, {}});
    } else if (character == U'[') {
      // A ']' right after '[' or '[!' belongs to the set; without a closing one '[' is itself.
      std::size_t end = i;
      if (end < text.size() && text[end] == U'!') ++end;
      if (end < text.size() && text[end] == U']') ++end;
      end = text.find(U']', end);
      if (end == std::u32string::npos) {
        items_.push_back({Item::Kind::literal, false, character, {}});
      } else {
        items_.push_back(parse_set(std::u32string_view(text).substr(i, end - i)));
        i = end + 1;
      }
    } else {
      items_.push_back({Item::Kind::literal, false, character, {}});
    }
  }
}

bool Glob::matches(std::string_view text) const {
  const std::u32string characters = decode(text);
  // Greedy with one point of return: after a later '*' an earlier one never needs another try.
  std::size_t item = 0;
  std::size_t at = 0;
  std::size_t star = SIZE_MAX;
  std::size_t star_at = 0;
  while (at < characters.size()) {
    if (item < items_.size() && items_[item].kind == Item::Kind::any_run) {
      star = item++;
      star_at = at;
    } else if (item < items_.size() && items_[item].accepts(characters[at])) {
      ++item;
      ++at;
    } else if (star != SIZE_MAX) {
      item = star + 1;
      at = ++star_at;
    } else {
      return false;
    }
  }
  while (item < items_.size() && items_[item].kind == Item::Kind::any_run) ++item;
  return item == items_.size();
}

}  // namespace genro::storage

#include "codec/encoded_word.h"

#include <optional>

#include "codec/base64.h"
#include "codec/hex.h"

namespace genro::storage {
namespace {

constexpr std::string_view kBlanks = " \t";

bool equal_ignoring_case(std::string_view a, std::string_view lower) {
  if (a.size() != lower.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const char c = a[i] >= 'A' && a[i] <= 'Z' ? static_cast<char>(a[i] - 'A' + 'a') : a[i];
    if (c != lower[i]) return false;
  }
  return true;
}

// Whether HTTP would carry the text to its last octet: visible ASCII with single blanks inside. Signatures fold
// runs of blanks into one, and servers may store the folded form.
bool travels_unchanged(std::string_view text) {
  char before = ' ';
  for (const char c : text) {
    if (c < 0x20 || c > 0x7e || (c == ' ' && before == ' ')) return false;
    before = c;
  }
  return (text.empty() || before != ' ') && text.find("=?") == std::string_view::npos;
}

std::optional<std::string> decode_q(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '_') {
      out += ' ';
    } else if (text[i] != '=') {
      out += text[i];
    } else {
      if (text.size() - i < 3) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

struct Word {
  std::string text;
  std::size_t size;  // of its encoded form
};

// The encoded-word at the start of `text`, which begins with "=?".
std::optional<Word> word_at(std::string_view text) {
  const std::size_t charset_end = text.find('?', 2);
  if (charset_end == std::string_view::npos || text.size() < charset_end + 3 || text[charset_end + 2] != '?')
    return std::nullopt;
  const std::string_view charset = text.substr(2, charset_end - 2);
  if (!equal_ignoring_case(charset, "utf-8") && !equal_ignoring_case(charset, "us-ascii")) return std::nullopt;
  const std::size_t begin = charset_end + 3;
  const std::size_t end = text.find("?=", begin);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view payload = text.substr(begin, end - begin);
  const char encoding = text[charset_end + 1];
  if (encoding == 'Q' || encoding == 'q') {
    std::optional<std::string> decoded = decode_q(payload);
    if (!decoded) return std::nullopt;
    return Word{std::move(*decoded), end + 2};
  }
  if (encoding != 'B' && encoding != 'b') return std::nullopt;
  const auto bytes = base64_decode(payload, Base64Rules::tolerant);
  if (!bytes) return std::nullopt;
  return Word{std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size()), end + 2};
}

}  // namespace

std::string encode_word(std::string_view text) {
  if (travels_unchanged(text)) return std::string(text);
  return "=?UTF-8?B?" + base64_encode(text) + "?=";
}

std::string decode_words(std::string_view text) {
  std::string out;
  bool after_word = false;
  while (!text.empty()) {
    const std::size_t at = text.find("=?");
    const std::string_view before = text.substr(0, at);
    std::optional<Word> word;
    if (at != std::string_view::npos) word = word_at(text.substr(at));
    const bool joins = after_word && word && before.find_first_not_of(kBlanks) == std::string_view::npos;
    if (!joins) out += before;
    if (at == std::string_view::npos) break;
    text.remove_prefix(at);
    if (word) {
      out += word->text;
      text.remove_prefix(word->size);
    } else {
      out += "=?";
      text.remove_prefix(2);
    }
    after_word = word.has_value();
  }
  return out;
}

}  // namespace genro::storage

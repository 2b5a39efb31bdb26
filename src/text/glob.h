// Shell globs over whole relative paths, with the rules of Python's fnmatch: '*' also matches '/', '?' one character,
// [seq] and [!seq] sets; there is no escape but a set of one. Used by copy filters. Always case-sensitive.
// Never use it on names that users of the storage chose as patterns: a node's path is always literal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace genro::storage {

class Glob {
 public:
  explicit Glob(std::string pattern);
  /// Text and pattern are compared as UTF-8 characters; bytes that are not UTF-8 count as one character each.
  bool matches(std::string_view text) const;
  const std::string& pattern() const noexcept { return pattern_; }

 private:
  struct Range {
    char32_t first;
    char32_t last;
  };
  struct Item {
    enum class Kind : unsigned char { literal, any_one, any_run, set } kind;
    bool negated = false;
    char32_t character = 0;
    std::vector<Range> ranges;
    bool accepts(char32_t character) const noexcept;
  };
  static Item parse_set(std::u32string_view body);

  std::string pattern_;
  std::vector<Item> items_;
};

}  // namespace genro::storage

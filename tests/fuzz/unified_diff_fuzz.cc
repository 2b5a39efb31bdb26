// Two texts, cut at the first NUL: whatever they are, the common blocks are in order and truly common, and the lines of each
// side come back out of the diff.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "text/unified_diff.h"

using genro::storage::MatchingBlock;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = std::min(text.find('\0'), text.size());
  const std::vector<std::string_view> a = genro::storage::split_lines(text.substr(0, cut));
  const std::vector<std::string_view> b = genro::storage::split_lines(text.substr(cut));
  std::size_t length = 0;
  for (const std::string_view line : b) length += line.size();
  if (length != text.size() - cut) std::abort();

  genro::storage::SequenceMatcher matcher(a, b);
  while (!matcher.step(100)) {
  }
  std::size_t at_a = 0;
  std::size_t at_b = 0;
  for (const MatchingBlock& block : matcher.blocks()) {
    if (block.a < at_a || block.b < at_b || block.a + block.size > a.size() || block.b + block.size > b.size()) {
      std::abort();
    }
    for (std::size_t i = 0; i < block.size; ++i) {
      if (a[block.a + i] != b[block.b + i]) std::abort();
    }
    at_a = block.a + block.size;
    at_b = block.b + block.size;
  }
  const std::string diff = genro::storage::unified_diff(a, b, matcher.blocks(), "a", "b");
  if (diff.empty() != (a == b)) std::abort();
  return 0;
}

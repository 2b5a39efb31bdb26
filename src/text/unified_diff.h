// unified_diff: the text that Python's difflib.unified_diff makes of two texts with 3 lines of context and no dates, joined.
// Used by the difference of two nodes. Pure. A last line without an end runs into the line behind it, as there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "text/sequence_matcher.h"

namespace genro::storage {

/// The lines of UTF-8 text, with their ends, cut where Python's str.splitlines(keepends=True) cuts: after \n, \r, \r\n, \v,
/// \f, U+001C to U+001E, U+0085, U+2028 and U+2029.
std::vector<std::string_view> split_lines(std::string_view text);

/// `blocks` as SequenceMatcher found them; "" when the texts are equal.
std::string unified_diff(const std::vector<std::string_view>& a, const std::vector<std::string_view>& b,
                         const std::vector<MatchingBlock>& blocks, std::string_view from, std::string_view to);

}  // namespace genro::storage

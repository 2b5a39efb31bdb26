// The nearest of several words, for "did you mean". Used by configuration messages only.
#pragma once

#include <span>
#include <string_view>

namespace genro::storage {

/// The candidate that the fewest insertions, deletions, changes and swaps of neighbours make from `word`; "" when none is near
/// (more than a third of the word would have to change).
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace genro::storage

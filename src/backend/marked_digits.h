// Recognisable random digits for the names of temporary files: the first half is random, the second is a hash of it, so that
// a file of somebody else with a similar name is not taken for ours. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "core/clock.h"

namespace genro::storage {

/// 32 lower-case hexadecimal digits: 64 random bits, and what follows from them.
std::string marked_digits(Random& random);
bool are_marked_digits(std::string_view digits) noexcept;
inline constexpr std::size_t kMarkedDigits = 32;

}  // namespace genro::storage

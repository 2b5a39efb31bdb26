// Digits that only this library makes: half of them are random, half follow from those, so that nobody else's file is ever taken
// for one of ours, however much its name looks like it. Used in the names of files that are being written. Pure; any thread.
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

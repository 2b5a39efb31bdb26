// Times as numbers that people and Python see: seconds since 1970. Used wherever a node tells one, so that all of them agree to
// the last bit: the ETag of a response is made of it.
#pragma once

#include <cstdint>

namespace genro::storage {

// Whole seconds and their rest apart, as stat() of Python adds them: one product would lose the last digits.
inline double unix_seconds(std::int64_t nanoseconds) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::int64_t rest = (nanoseconds % kSecond + kSecond) % kSecond;
  const std::int64_t whole = (nanoseconds - rest) / kSecond;
  return static_cast<double>(whole) + static_cast<double>(rest) * 1e-9;
}

}  // namespace genro::storage

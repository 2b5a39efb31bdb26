// The end of a credential from its life in seconds, which services send as a JSON number of any size. Used by readers of
// tokens. Pure.
#pragma once

#include <cstdint>

#include "auth/refreshing.h"

namespace genro::storage {

/// Nanoseconds since 1970, so many seconds after `begin_ns`; `begin_ns` itself for none, kNeverExpires for more than two centuries.
inline std::int64_t expiry(std::int64_t begin_ns, double seconds) noexcept {
  constexpr double kLongest = 7e9;
  if (!(seconds > 0)) return begin_ns;
  return seconds < kLongest ? begin_ns + static_cast<std::int64_t>(seconds * 1e9) : kNeverExpires;
}

}  // namespace genro::storage

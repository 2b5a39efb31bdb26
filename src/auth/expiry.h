// When a credential ends that lasts for some seconds, as services say it: numbers of any size, in their own JSON.
// Used by whatever reads tokens. Pure.
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

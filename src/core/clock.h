// Clock and Random: two of the four things the engine takes from outside (see env.h). Used by loop, retry, signing.
// Never call std::chrono::…::now() or std::random elsewhere: tests replace these to run in virtual time.
#pragma once

#include <chrono>
#include <cstdint>

namespace genro::storage {

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;
inline constexpr TimePoint kNever = TimePoint::max();

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() noexcept = 0;         ///< Monotonic.
  virtual std::int64_t wall_ns() noexcept = 0;  ///< Nanoseconds since the Unix epoch.
};

class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() noexcept = 0;  ///< Uniform; thread-safe; not for secrets.
};

inline Duration seconds(double value) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(value));
}

}  // namespace genro::storage

// ServerClock: the time as the server has it, as far as an answer of its has told. Signatures carry it, and a server refuses
// those of a wrong hour. Used by backends that sign, and for what a server says relative to its own time. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>

#include "core/clock.h"
#include "net/http.h"

namespace genro::storage {

class ServerClock {
 public:
  /// `clock` must outlive this.
  explicit ServerClock(Clock& clock) : clock_(clock) {}

  /// Nanoseconds since 1970.
  std::int64_t wall_ns() const noexcept { return clock_.wall_ns() + skew_ns_.load(std::memory_order_relaxed); }
  /// By the date of an answer, if that is so far off ours that it explains a refusal. False when it is not.
  bool set_by(const HttpHead& head);

 private:
  Clock& clock_;
  std::atomic<std::int64_t> skew_ns_{0};
};

}  // namespace genro::storage

// TimerWheel: a hashed timing wheel. Arming and disarming are O(1) list operations without allocation, which is what
// socket time-outs need: nearly all are disarmed. Used by Loop, on its thread. Timers fire up to one tick late, never early.
#pragma once

#include <array>
#include <cstdint>

#include "core/clock.h"

namespace genro::storage {

/// Embedded in whatever waits. Destroying an armed timer disarms it.
class Timer {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  virtual void fire() noexcept = 0;

 protected:
  ~Timer() { disarm(); }

 public:
  bool armed() const noexcept { return wheel_ != nullptr; }
  void disarm() noexcept;

 private:
  friend class TimerWheel;
  TimePoint when_ = kNever;
  Timer* previous_ = nullptr;
  Timer* next_ = nullptr;
  class TimerWheel* wheel_ = nullptr;
  std::size_t slot_ = 0;
};

class TimerWheel {
 public:
  explicit TimerWheel(TimePoint now) noexcept : current_(now) {}
  ~TimerWheel();
  void arm(Timer& timer, TimePoint when) noexcept;  ///< kNever: not armed.
  /// Fires everything due at `now`. A fired timer may arm and disarm others.
  void advance(TimePoint now) noexcept;
  /// No timer is due before this; kNever when none is armed.
  TimePoint next() const noexcept { return armed_ == 0 ? kNever : bound_; }

 private:
  friend class Timer;
  static constexpr std::size_t kSlots = 512;
  static constexpr Duration kTick = std::chrono::milliseconds(2);
  static std::int64_t tick_of(TimePoint when) noexcept { return when.time_since_epoch() / kTick; }

  TimePoint earliest() const noexcept;

  std::array<Timer*, kSlots> slots_{};
  TimePoint current_;
  TimePoint bound_ = kNever;  // no timer is due before; may be early after a disarm, which costs one idle turn
  std::size_t armed_ = 0;
};

}  // namespace genro::storage

#include "loop/timer_wheel.h"

#include <algorithm>

namespace genro::storage {

void Timer::disarm() noexcept {
  if (!wheel_) return;
  if (previous_) {
    previous_->next_ = next_;
  } else {
    wheel_->slots_[slot_] = next_;
  }
  if (next_) next_->previous_ = previous_;
  previous_ = next_ = nullptr;
  --wheel_->armed_;
  wheel_ = nullptr;
}

TimerWheel::~TimerWheel() {
  for (Timer*& first : slots_) {
    while (first) first->disarm();
  }
}

void TimerWheel::arm(Timer& timer, TimePoint when) noexcept {
  timer.disarm();
  if (when == kNever) return;
  timer.when_ = when;
  timer.slot_ = static_cast<std::size_t>(std::max(tick_of(when), tick_of(current_))) % kSlots;
  timer.wheel_ = this;
  timer.previous_ = nullptr;
  timer.next_ = slots_[timer.slot_];
  if (timer.next_) timer.next_->previous_ = &timer;
  slots_[timer.slot_] = &timer;
  bound_ = armed_ == 0 ? when : std::min(bound_, when);
  ++armed_;
}

void TimerWheel::advance(TimePoint now) noexcept {
  if (armed_ == 0 || now < bound_) {
    current_ = now;
    return;
  }
  const std::int64_t first = tick_of(current_);
  const std::int64_t last = std::min(tick_of(now), first + static_cast<std::int64_t>(kSlots) - 1);
  current_ = now;
  for (std::int64_t tick = first; tick <= last && armed_ != 0; ++tick) {
    const std::size_t slot = static_cast<std::size_t>(tick) % kSlots;
    // Firing may arm or disarm neighbours, so the list is searched again from its head each time.
    for (Timer* timer = slots_[slot]; timer;) {
      if (timer->when_ > now) {
        timer = timer->next_;
        continue;
      }
      timer->disarm();
      timer->fire();
      timer = slots_[slot];
    }
  }
  bound_ = earliest();
}

TimePoint TimerWheel::earliest() const noexcept {
  if (armed_ == 0) return kNever;
  TimePoint best = kNever;
  const std::int64_t first = tick_of(current_);
  for (std::int64_t tick = first; tick < first + static_cast<std::int64_t>(kSlots); ++tick) {
    for (const Timer* timer = slots_[static_cast<std::size_t>(tick) % kSlots]; timer; timer = timer->next_) {
      best = std::min(best, timer->when_);
    }
    // Timers of later rounds share the slots: the earliest is final once it lies within the ticks already seen.
    if (best != kNever && tick_of(best) <= tick) break;
  }
  return best;
}

}  // namespace genro::storage

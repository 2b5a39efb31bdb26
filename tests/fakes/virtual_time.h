// Virtual time for tests: a clock that only moves when a loop would have to wait, so that minutes of time-outs pass in
// microseconds, and a wait that nothing can end is reported instead of hanging. Construct one VirtualTime and use .get().
#pragma once

#include <memory>
#include <stdexcept>
#include <vector>

#include "core/clock.h"
#include "loop/loop.h"
#include "loop/run.h"

namespace genro::storage::test {

class VirtualClock final : public Clock {
 public:
  TimePoint now() noexcept override { return now_; }
  std::int64_t wall_ns() noexcept override { return wall_start_ + (now_ - start_).count(); }
  void advance(Duration by) noexcept { now_ += by; }
  Duration elapsed() const noexcept { return now_ - start_; }

 private:
  static constexpr TimePoint start_{std::chrono::hours(1)};
  static constexpr std::int64_t wall_start_ = 1'700'000'000'000'000'000;
  TimePoint now_ = start_;
};

/// Never finds a descriptor ready: the fakes' streams answer at once or never. Moves the clock instead of waiting.
class VirtualPoller final : public Poller {
 public:
  explicit VirtualPoller(VirtualClock& clock) : clock_(clock) {}
  bool add(IoWait&) override { return false; }
  void remove(IoWait&) noexcept override {}
  void forget(int) noexcept override {}
  bool wait(Duration timeout, std::vector<IoWait*>&) override {
    if (timeout < Duration::zero()) throw std::logic_error("the operation waits for something that can never come");
    clock_.advance(timeout);
    return true;
  }
  void wake() noexcept override {}

 private:
  VirtualClock& clock_;
};

/// A clock, a loop on it, and .get() on this thread driven by that loop.
class VirtualTime {
 public:
  /// A reactor's loop also takes the work that operations leave in the background, which else runs in real time.
  explicit VirtualTime(Loop::Kind kind = Loop::Kind::caller)
      : loop_(kind, clock_, std::make_unique<VirtualPoller>(clock_)), get_on_(loop_) {}
  VirtualTime(const VirtualTime&) = delete;
  VirtualTime& operator=(const VirtualTime&) = delete;
  ~VirtualTime() { drain(); }  // what was dropped while it ran in the background gets its end
  VirtualClock& clock() noexcept { return clock_; }
  Loop& loop() noexcept { return loop_; }
  Duration elapsed() const noexcept { return clock_.elapsed(); }
  /// Runs until nothing is left to do, also what is due only later.
  void drain() {
    Loop::Drive driving(loop_);
    try {
      for (;;) loop_.run_once();
    } catch (const std::logic_error&) {
    }
  }

 private:
  VirtualClock clock_;
  Loop loop_;
  GetOn get_on_;
};

}  // namespace genro::storage::test

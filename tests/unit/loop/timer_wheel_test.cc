#include "loop/timer_wheel.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <vector>

namespace genro::storage {
namespace {

struct Recorder final : Timer {
  void fire() noexcept override { fired = true; }
  bool fired = false;
  TimePoint due = kNever;
};

TEST(TimerWheel, fires_exactly_what_is_due_whatever_was_armed_and_disarmed) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  TimePoint now{std::chrono::hours(1)};
  TimerWheel wheel(now);
  std::vector<std::unique_ptr<Recorder>> timers;
  for (int round = 0; round < 20'000; ++round) {
    switch (random() % 4) {
      case 0:
      case 1: {
        auto timer = std::make_unique<Recorder>();
        timer->due = now + std::chrono::microseconds(random() % (round % 7 == 0 ? 30'000'000 : 20'000));
        wheel.arm(*timer, timer->due);
        timers.push_back(std::move(timer));
        break;
      }
      case 2:
        if (!timers.empty()) {
          std::swap(timers[random() % timers.size()], timers.back());
          timers.pop_back();
        }
        break;
      default:
        ASSERT_GE(wheel.next() == kNever ? now : wheel.next(), TimePoint{});
        now += std::chrono::microseconds(random() % (round % 11 == 0 ? 3'000'000 : 5'000));
        wheel.advance(now);
        for (const auto& timer : timers) {
          ASSERT_EQ(timer->fired, timer->due <= now);
          if (!timer->fired) {
            ASSERT_LE(wheel.next(), timer->due);
          }
        }
        std::erase_if(timers, [](const auto& timer) { return timer->fired; });
    }
  }
}

TEST(TimerWheel, a_timer_that_never_comes_is_not_armed) {
  TimerWheel wheel(TimePoint{});
  Recorder timer;
  wheel.arm(timer, kNever);
  EXPECT_FALSE(timer.armed());
  EXPECT_EQ(wheel.next(), kNever);
}

}  // namespace
}  // namespace genro::storage

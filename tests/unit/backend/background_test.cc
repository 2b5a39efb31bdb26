#include "backend/background.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "fakes/virtual_time.h"

namespace genro::storage {
namespace {

std::atomic<int> alive{0};

struct Counted {
  Counted() { ++alive; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() { --alive; }
};

/// Sleeps on whatever loop serves it.
Task<int> slow_answer(int value, Duration time) {
  const Counted counted;
  Context& context = co_await current_context();
  co_await hop();
  const WaitStatus status = co_await sleep_until(loop_of(context).now() + time);
  if (status == WaitStatus::stopped) throw_wait(status, context, "sleeping");
  if (value < 0) throw Error(ErrorCode::io, "negative");
  co_return value;
}

Task<int> begin_and_take(int value, Duration time) {
  Context& context = co_await current_context();
  Background<int> background(context, slow_answer(value, time));
  Task<int> taking = background.take();
  co_return co_await taking;
}

void wait_until_none_is_alive() {
  for (int i = 0; i < 60'000 && alive != 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(alive, 0);
}

TEST(Background, ResultsCrossFromTheReactorToACallingThread) {
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(begin_and_take(i, std::chrono::microseconds(i % 7 * 100)).get(), i);
  }
  EXPECT_THROW(begin_and_take(-1, std::chrono::milliseconds(1)).get(), Error);
  wait_until_none_is_alive();
}

TEST(Background, ItGoesOnBetweenTheCallsOfItsOwner) {
  std::optional<Background<int>> background;
  const auto begin = [](std::optional<Background<int>>& into) -> Task<void> {
    Context& context = co_await current_context();
    into.emplace(context, slow_answer(7, std::chrono::milliseconds(2)));
  };
  begin(background).get();
  wait_until_none_is_alive();  // it runs while nobody waits
  EXPECT_EQ(background->take().get(), 7);
}

TEST(Background, DroppingItCancels) {
  const auto begin_and_drop = []() -> Task<void> {
    Context& context = co_await current_context();
    const Background<int> background(context, slow_answer(1, std::chrono::hours(1)));
  };
  for (int i = 0; i < 50; ++i) begin_and_drop().get();
  wait_until_none_is_alive();
}

TEST(Background, TheOneWhoWaitsMayBeCancelledWhileTheResultIsOnItsWay) {
  for (int i = 0; i < 200; ++i) {
    std::atomic<bool> done{false};
    Operation operation =
        begin_and_take(i, std::chrono::microseconds(i * 10)).start({}, [&done](Result<int>) { done = true; });
    std::this_thread::sleep_for(std::chrono::microseconds(i * 10));
    operation.cancel();
    for (int spins = 0; spins < 60'000 && !done; ++spins) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ASSERT_TRUE(done);
  }
  wait_until_none_is_alive();
}

TEST(Background, WaitingForItEndsWithTheOperationsOwnTime) {
  test::VirtualTime time(Loop::Kind::reactor);
  std::optional<ErrorCode> code;
  begin_and_take(1, std::chrono::hours(1)).start({&time.loop(), 5.0}, [&](Result<int> result) {
    code = result.error().code();
  });
  time.drain();
  EXPECT_EQ(code, ErrorCode::timeout);
  EXPECT_LT(time.elapsed(), std::chrono::seconds(6));
  EXPECT_EQ(alive, 0);
}

}  // namespace
}  // namespace genro::storage

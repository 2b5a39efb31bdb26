#include "loop/give_way.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <future>
#include <thread>
#include <vector>

#include "loop/run.h"
#include "loop/task_group.h"

namespace genro::storage {
namespace {

Task<void> works(int steps, std::vector<int>& order) {
  Stretch stretch;
  for (int step = 0; step < steps; ++step) {
    order.push_back(step);
    co_await give_way(stretch, kOneGo);
  }
}

Task<std::thread::id> thread_after(std::size_t bytes) {
  Stretch stretch;
  co_await give_way(stretch, bytes);
  co_return std::this_thread::get_id();
}

Task<void> side_by_side(std::vector<int>& order) {
  co_await hop();
  Context& context = co_await current_context();
  TaskGroup group(context);
  group.spawn(works(3, order));
  group.spawn(works(3, order));
  Task<void> end = group.join();
  co_await end;
}

template <class T>
Result<T> awaited(Task<T> task) {
  std::promise<Result<T>> done;
  std::move(task).start({}, [&done](Result<T> result) { done.set_value(std::move(result)); });
  return done.get_future().get();
}

TEST(GiveWay, operations_of_one_loop_take_turns) {
  std::vector<int> order;
  EXPECT_TRUE(awaited(side_by_side(order)).ok());
  EXPECT_EQ(order, (std::vector<int>{0, 0, 1, 1, 2, 2}));
}

TEST(GiveWay, much_work_leaves_the_thread_that_began_it_and_little_does_not) {
  EXPECT_EQ(awaited(thread_after(kOneGo - 1)).take(), std::this_thread::get_id());
  EXPECT_NE(awaited(thread_after(kOneGo)).take(), std::this_thread::get_id());
}

TEST(GiveWay, a_caller_who_drives_works_on_by_himself) {
  EXPECT_EQ(thread_after(kOneGo).get(), std::this_thread::get_id());
}

Task<void> works_for_ever(Operation& own) {
  Stretch stretch;
  for (int step = 0;; ++step) {
    if (step == 3) own.cancel();
    co_await give_way(stretch, kOneGo);
  }
}

TEST(GiveWay, a_cancelled_operation_ends_at_its_next_turn) {
  std::promise<Result<void>> done;
  Operation operation;
  std::promise<void> known;
  auto begin = [](std::future<void> ready, Operation& own) -> Task<void> {
    co_await hop();
    ready.wait();  // until start() has returned
    Task<void> working = works_for_ever(own);
    co_await working;
  };
  operation = begin(known.get_future(), operation).start({}, [&done](Result<void> result) { done.set_value(result); });
  known.set_value();
  const Result<void> result = done.get_future().get();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::cancelled);
}

int asked = 0;

Task<void> gives_way_often() {
  Stretch stretch;
  for (std::uint64_t step = 0; step < 10'000'000'000; ++step) co_await give_way(stretch, kOneGo);
}

TEST(GiveWay, a_caller_who_drives_is_stopped_by_a_signal) {
  asked = 0;
  set_interrupt_hook([] { return ++asked == 2; });
  const Result<void> result = gives_way_often().result();
  set_interrupt_hook(nullptr);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::cancelled);
  EXPECT_EQ(asked, 2);
}

Task<int> computes(Operation& own) {
  Breath breath(co_await current_context());
  const auto compute = [&]() -> int {
    own.cancel();
    for (;;) breath();
  };
  Task<int> computing = on_helper(kOneGo, compute);
  co_return co_await computing;
}

TEST(Breath, a_computation_on_a_helper_thread_ends_when_its_operation_is_stopped) {
  std::promise<Result<int>> done;
  Operation operation;
  std::promise<void> known;
  auto begin = [](std::future<void> ready, Operation& own) -> Task<int> {
    co_await hop();
    ready.wait();
    Task<int> computing = computes(own);
    co_return co_await computing;
  };
  operation = begin(known.get_future(), operation).start({}, [&done](Result<int> result) { done.set_value(result); });
  known.set_value();
  EXPECT_FALSE(done.get_future().get().ok());
}

}  // namespace
}  // namespace genro::storage

#include "genro/storage/task.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <thread>

#include "fakes/virtual_time.h"
#include "loop/loop.h"
#include "loop/offload.h"
#include "loop/run.h"
#include "loop/task_group.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
// The fork test starts threads in a child of a process with threads, which TSan refuses unless told.
extern "C" const char* __tsan_default_options() { return "die_after_fork=0"; }
#endif
#endif

namespace genro::storage {
namespace {

using test::VirtualTime;

Task<int> twice(int value) { co_return value * 2; }
Task<int> sum_of_doubles(int count) {
  int sum = 0;
  for (int i = 0; i < count; ++i) {
    Task<int> task = twice(i);
    sum += co_await task;
  }
  co_return sum;
}
Task<void> fails() {
  throw Error(ErrorCode::not_found, "nothing here");
  co_return;
}
Task<WaitStatus> sleeps(double length) {
  Context& context = co_await current_context();
  co_return co_await sleep_until(loop_of(context).now() + seconds(length));
}
Task<void> sleeps_or_throws(double length) {
  Context& context = co_await current_context();
  const WaitStatus status = co_await sleep_until(loop_of(context).now() + seconds(length));
  if (status == WaitStatus::stopped) throw_wait(status, context, "sleep");
}

TEST(Task, runs_when_asked_and_gives_its_value) { EXPECT_EQ(twice(21).get(), 42); }

TEST(Task, does_nothing_until_it_is_run) {
  bool ran = false;
  auto sets = [](bool& flag) -> Task<void> {
    flag = true;
    co_return;
  };
  {
    Task<void> dropped = sets(ran);
  }
  EXPECT_FALSE(ran);
}

TEST(Task, a_million_inline_awaits_do_not_grow_the_stack) { EXPECT_EQ(sum_of_doubles(46'000).get(), 46'000 * 45'999); }

TEST(Task, get_throws_what_the_operation_threw) {
  try {
    fails().get();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::not_found);
  }
}

TEST(Task, result_carries_the_error_without_throwing) {
  Result<void> result = fails().result();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::not_found);
}

TEST(Task, started_work_that_needs_no_waiting_is_done_before_start_returns) {
  int seen = 0;
  twice(4).start({}, [&](Result<int> result) { seen = result.value(); });
  EXPECT_EQ(seen, 8);
}

TEST(Task, started_work_that_waits_ends_on_the_reactor) {
  std::promise<std::thread::id> done;
  auto body = []() -> Task<int> {
    co_await hop();
    co_return 7;
  };
  body().start({}, [&](Result<int>) { done.set_value(std::this_thread::get_id()); });
  EXPECT_NE(done.get_future().get(), std::this_thread::get_id());
}

TEST(Task, cancelling_a_started_operation_ends_its_wait) {
  std::promise<ErrorCode> done;
  auto body = []() -> Task<void> {
    co_await hop();
    Task<void> sleep = sleeps_or_throws(1000);
    co_await sleep;
  };
  Operation operation = body().start(
      {}, [&](Result<void> result) { done.set_value(result.ok() ? ErrorCode::internal : result.error().code()); });
  operation.cancel();
  EXPECT_EQ(done.get_future().get(), ErrorCode::cancelled);
  operation.cancel();  // harmless once it is over
}

TEST(Task, a_timeout_of_the_operation_bounds_every_wait_in_it) {
  std::promise<bool> done;
  auto body = []() -> Task<void> {
    co_await hop();
    Context& context = co_await current_context();
    const WaitStatus status = co_await ready_for(-1, Interest::read, kNever);
    throw_wait(status, context, "read");
  };
  body().start({.timeout = 0.01},
               [&](Result<void> result) { done.set_value(result.error().code() == ErrorCode::timeout); });
  EXPECT_TRUE(done.get_future().get());
}

TEST(Loop, sleeping_in_virtual_time_takes_no_real_time) {
  VirtualTime time;
  EXPECT_EQ(sleeps(3600).get(), WaitStatus::timed_out);
  EXPECT_GE(time.elapsed(), std::chrono::hours(1));
  EXPECT_LT(time.elapsed(), std::chrono::hours(1) + std::chrono::milliseconds(10));
}

TEST(Loop, a_wait_that_nothing_can_end_is_reported_in_virtual_time) {
  VirtualTime time;
  auto body = []() -> Task<WaitStatus> { co_return co_await ready_for(-1, Interest::read, kNever); };
  EXPECT_THROW((void)body().get(), std::logic_error);
}

TEST(Loop, a_pipe_wakes_a_blocking_get) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  std::thread writer([&] {
    usleep(20'000);
    EXPECT_EQ(write(ends[1], "x", 1), 1);
  });
  auto body = [](int descriptor) -> Task<WaitStatus> {
    co_return co_await ready_for(descriptor, Interest::read, kNever);
  };
  EXPECT_EQ(body(ends[0]).get(), WaitStatus::ready);
  writer.join();
  close(ends[0]);
  close(ends[1]);
}

TEST(Loop, a_get_inside_a_callback_of_another_get_works) {
  VirtualTime time;
  auto outer = []() -> Task<int> {
    Task<WaitStatus> sleep = sleeps(1);
    co_await sleep;
    co_return twice(5).get();
  };
  EXPECT_EQ(outer().get(), 10);
}

TEST(Offload, runs_on_the_calling_thread_when_the_caller_drives) {
  auto body = []() -> Task<std::thread::id> { co_return co_await offload([] { return std::this_thread::get_id(); }); };
  EXPECT_EQ(body().get(), std::this_thread::get_id());
}

TEST(Offload, runs_elsewhere_when_started_and_throws_what_the_function_threw) {
  std::promise<bool> done;
  const auto here = std::this_thread::get_id();
  auto body = [](std::thread::id caller) -> Task<bool> {
    const bool elsewhere = co_await offload([caller] { return std::this_thread::get_id() != caller; });
    bool threw = false;
    try {
      co_await offload([] { throw Error(ErrorCode::io, "disk"); });
    } catch (const Error&) {
      threw = true;
    }
    co_return elsewhere&& threw;
  };
  body(here).start({}, [&](Result<bool> result) { done.set_value(result.ok() && result.value()); });
  EXPECT_TRUE(done.get_future().get());
}

TEST(TaskGroup, children_wait_at_the_same_time) {
  VirtualTime time;
  auto step = [](std::size_t) -> Task<void> {
    Task<void> sleep = sleeps_or_throws(10);
    co_await sleep;
  };
  for_each_parallel(100, 0, step).get();
  EXPECT_LT(time.elapsed(), std::chrono::seconds(11));
}

TEST(TaskGroup, a_limit_bounds_how_many_run_at_once) {
  VirtualTime time;
  int running = 0;
  int most = 0;
  auto step = [&](std::size_t) -> Task<void> {
    return [](int& now, int& peak) -> Task<void> {
      peak = std::max(peak, ++now);
      Task<void> sleep = sleeps_or_throws(1);
      co_await sleep;
      --now;
    }(running, most);
  };
  for_each_parallel(20, 4, step).get();
  EXPECT_EQ(most, 4);
  EXPECT_GE(time.elapsed(), std::chrono::seconds(5));
}

TEST(TaskGroup, the_first_failure_stops_the_others_and_is_thrown) {
  VirtualTime time;
  auto step = [](std::size_t index) -> Task<void> {
    Task<void> sleep = sleeps_or_throws(index == 3 ? 1 : 1000);
    co_await sleep;
    if (index == 3) throw Error(ErrorCode::no_space, "full");
  };
  Result<void> result = for_each_parallel(8, 0, step).result();
  EXPECT_EQ(result.error().code(), ErrorCode::no_space);
  EXPECT_LT(time.elapsed(), std::chrono::seconds(2));
}

TEST(Shielded, work_goes_on_after_its_operation_was_stopped) {
  std::promise<void> begun;
  std::promise<void> done;
  std::atomic<bool> cleaned{false};
  auto body = [](std::promise<void>& on_loop, std::atomic<bool>& flag) -> Task<void> {
    co_await hop();
    on_loop.set_value();  // a stop that came before this would end the operation at its hop
    Task<WaitStatus> sleep = sleeps(1000);
    co_await sleep;
    auto clean_up = [](std::atomic<bool>& to_set) -> Task<void> {
      Task<void> pause = sleeps_or_throws(0.02);
      co_await pause;
      to_set = true;
    };
    Task<void> clean = shielded(clean_up(flag), std::chrono::seconds(60));
    co_await clean;
  };
  Operation operation = body(begun, cleaned).start({}, [&](Result<void>) { done.set_value(); });
  begun.get_future().get();
  operation.cancel();
  done.get_future().get();
  EXPECT_TRUE(cleaned);
}

struct Noted final : Job {
  Noted(std::vector<std::string>& of, std::string what) : notes(of), text(std::move(what)) {}
  void run() noexcept override { notes.push_back(text); }
  std::vector<std::string>& notes;
  std::string text;
};

TEST(Loop, a_last_job_runs_when_nothing_else_is_ready_and_before_the_loop_waits) {
  std::vector<std::string> notes;
  Noted last(notes, "last");
  Noted first(notes, "first");
  VirtualTime time(Loop::Kind::reactor);
  Loop& loop = time.loop();
  const Loop::Drive driving(loop);
  loop.post_last(last);
  loop.post(first);
  loop.run_once(Duration::zero());
  EXPECT_EQ(notes, (std::vector<std::string>{"first", "last"}));
  loop.run_once(Duration::zero());
  EXPECT_EQ(notes.size(), 2u);  // once
}

TEST(Fork, a_child_has_a_reactor_of_its_own) {
  auto body = []() -> Task<int> {
    co_await hop();
    co_return 1;
  };
  auto run = [&] {
    std::promise<int> done;
    body().start({}, [&](Result<int> result) { done.set_value(result.value()); });
    return done.get_future().get();
  };
  EXPECT_EQ(run(), 1);
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    _exit(run() == 1 ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace genro::storage

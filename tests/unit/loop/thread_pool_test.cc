// The helper threads: nothing waits for itself, and no kind of work keeps another one waiting.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <latch>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "genro/storage/task.h"
#include "loop/offload.h"
#include "loop/task_group.h"

namespace genro::storage {
namespace {

constexpr int kMany = 100;  // jobs at once: more than helper threads without need
constexpr std::chrono::minutes kGenerous{1};

/// Starts the operation on the reactor; the future tells of its end.
std::shared_ptr<std::future<void>> started(Task<void> task) {
  auto done = std::make_shared<std::promise<void>>();
  auto ended = std::make_shared<std::future<void>>(done->get_future());
  std::move(task).start({}, [done](Result<void> result) {
    if (result.ok()) {
      done->set_value();
    } else {
      done->set_exception(result.exception());
    }
  });
  return ended;
}

bool ends(const std::shared_ptr<std::future<void>>& operation) {
  return operation->wait_for(kGenerous) == std::future_status::ready;
}

Task<void> briefly(ThreadShare* share) {
  auto nothing = offload([] {}, *share);
  co_await nothing;
}

Task<void> held(std::latch* gate, ThreadShare* share, std::atomic<int>* begun) {
  auto holding = offload(
      [=] {
        begun->fetch_add(1);
        gate->wait();
      },
      *share);
  co_await holding;
}

/// A callback that waits for another operation, as one does that uses the library inside a loop.
Task<void> waits_for_another() {
  auto waiting = offload([] {
    const auto other = started(briefly(&ThreadShare::general()));
    if (!ends(other)) throw Error(ErrorCode::timeout, "the other operation never had a thread");
  });
  co_await waiting;
}

TEST(ThreadPool, callbacks_that_wait_for_work_behind_them_all_end) {
  std::vector<std::shared_ptr<std::future<void>>> operations;
  for (int i = 0; i < kMany; ++i) operations.push_back(started(waits_for_another()));
  for (const auto& operation : operations) {
    ASSERT_TRUE(ends(operation));
    EXPECT_NO_THROW(operation->get());
  }
}

TEST(ThreadPool, a_share_whose_jobs_hang_keeps_nobody_else_waiting) {
  ThreadShare hanging;
  ThreadShare other;
  std::latch gate(1);
  std::atomic<int> begun{0};
  std::vector<std::shared_ptr<std::future<void>>> stuck;
  for (int i = 0; i < kMany; ++i) stuck.push_back(started(held(&gate, &hanging, &begun)));
  for (ThreadShare* share : {&other, &ThreadShare::general(), &ThreadShare::names()}) {
    EXPECT_TRUE(ends(started(briefly(share))));
  }
  EXPECT_LE(begun.load(), 16) << "it has more threads than its share";
  gate.count_down();
  for (const auto& operation : stuck) EXPECT_TRUE(ends(operation));
  EXPECT_EQ(begun.load(), kMany);
}

TEST(ThreadPool, name_look_ups_do_not_stand_behind_callbacks) {
  std::latch gate(1);
  std::atomic<int> begun{0};
  std::vector<std::shared_ptr<std::future<void>>> stuck;
  for (int i = 0; i < kMany; ++i) stuck.push_back(started(held(&gate, &ThreadShare::general(), &begun)));
  EXPECT_TRUE(ends(started(briefly(&ThreadShare::names()))));
  EXPECT_LT(begun.load(), kMany) << "it was after all callbacks had begun";
  gate.count_down();
  for (const auto& operation : stuck) EXPECT_TRUE(ends(operation));
}

Task<std::thread::id> thread_of_work_elsewhere() {
  auto asking = offload_elsewhere([] { return std::this_thread::get_id(); });
  co_return co_await asking;
}

TEST(ThreadPool, what_a_helper_thread_asks_for_is_done_on_it) {
  std::atomic<bool> same{false};
  auto nested = [](std::atomic<bool>* result) -> Task<void> {
    auto asking = offload([=] { *result = thread_of_work_elsewhere().get() == std::this_thread::get_id(); });
    co_await asking;
  };
  ASSERT_TRUE(ends(started(nested(&same))));
  EXPECT_TRUE(same);
  EXPECT_NE(thread_of_work_elsewhere().get(), std::this_thread::get_id());
}

#ifdef __linux__
std::ptrdiff_t threads_of_this_process() {
  const auto end = std::filesystem::directory_iterator();
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"), end);
}

TEST(ThreadPool, threads_beyond_the_usual_number_go_when_they_are_not_needed) {
  std::latch gate(1);
  std::atomic<int> begun{0};
  std::vector<std::shared_ptr<std::future<void>>> stuck;
  for (int i = 0; i < kMany; ++i) stuck.push_back(started(held(&gate, &ThreadShare::general(), &begun)));
  const auto patience = std::chrono::steady_clock::now() + kGenerous;
  while (begun.load() < kMany && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
  ASSERT_EQ(begun.load(), kMany);
  const std::ptrdiff_t most = threads_of_this_process();
  EXPECT_GE(most, kMany);
  gate.count_down();
  for (const auto& operation : stuck) EXPECT_TRUE(ends(operation));
  while (threads_of_this_process() > kMany / 2 && std::chrono::steady_clock::now() < patience) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_LE(threads_of_this_process(), kMany / 2);
}
#endif

}  // namespace
}  // namespace genro::storage

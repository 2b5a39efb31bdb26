#include "core/mutex.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <future>
#include <memory>
#include <thread>
#include <vector>

// Children of a process with threads, which TSan refuses unless told.
extern "C" const char* __tsan_default_options() { return "die_after_fork=0"; }

namespace genro::storage {
namespace {

/// What `work` gives in a forked child; 255 when that hangs, which an alarm ends.
template <class Work>
int in_child(Work work) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(60);
    ::_exit(work());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

/// Threads that do something until the object goes.
class Busy {
 public:
  template <class Work>
  explicit Busy(int count, Work work) {
    for (int i = 0; i < count; ++i) {
      threads_.emplace_back([this, i, work] {
        while (!stop_.load()) work(i);
      });
    }
  }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;
  ~Busy() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

TEST(Locks, a_child_finds_what_they_guard_whole_and_none_of_them_held) {
  struct Pair {
    Mutex outer;
    Mutex inner;  // made later, and so looked at first by a fork
    int a = 0;
    int b = 0;
  };
  std::array<Pair, 8> pairs;
  const Busy busy(4, [&](int i) {
    for (Pair& pair : pairs) {
      const std::lock_guard outer(pair.outer);
      const auto fresh = std::make_unique<Mutex>();  // locks come and go, also while others are held
      ++pair.a;
      const std::lock_guard inner(pair.inner);
      ++pair.b;
    }
    if (i == 0) std::this_thread::yield();
  });
  for (int i = 0; i < 40; ++i) {
    ASSERT_EQ(in_child([&] {
                for (Pair& pair : pairs) {
                  const std::lock_guard outer(pair.outer);
                  const std::lock_guard inner(pair.inner);
                  if (pair.a != pair.b) return 1;
                }
                return 0;
              }),
              0);
  }
}

TEST(Locks, readers_keep_nobody_from_forking_and_do_not_exist_in_the_child) {
  SharedMutex mutex;
  mutex.lock_shared();
  const Busy busy(2, [&](int) { const std::shared_lock lock(mutex); });
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(in_child([&] {
                mutex.lock();
                mutex.unlock();
                return 0;
              }),
              0);
  }
  mutex.unlock_shared();
}

TEST(Locks, a_turn_of_another_thread_is_not_waited_for_and_is_free_in_the_child) {
  LongMutex turn;
  std::promise<void> taken;
  std::promise<void> done;
  std::thread holder([&] {
    const std::lock_guard lock(turn);
    taken.set_value();
    done.get_future().wait();
  });
  taken.get_future().wait();
  EXPECT_EQ(in_child([&] {
              const std::lock_guard lock(turn);
              return 0;
            }),
            0);
  done.set_value();
  holder.join();
}

TEST(Locks, a_turn_of_the_forking_thread_stays_its_own) {
  LongMutex turn;
  turn.lock();
  EXPECT_EQ(in_child([&] {
              turn.unlock();
              turn.lock();
              return 0;
            }),
            0);
  turn.unlock();
}

TEST(Locks, a_fork_goes_on_without_a_lock_that_nobody_gives_back) {
  Mutex stuck;
  Mutex other;
  stuck.lock();
  EXPECT_EQ(in_child([&] {
              const std::lock_guard first(stuck);
              const std::lock_guard second(other);
              return 0;
            }),
            0);
  EXPECT_FALSE(stuck.try_lock());  // still held in the parent
  stuck.unlock();
  EXPECT_TRUE(other.try_lock());
  other.unlock();
}

TEST(Lasting, threads_that_ask_at_once_get_one_value) {
  static constinit Lasting<std::atomic<int>> counter;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([] { counter.get([] { return new std::atomic<int>(100); }).fetch_add(1); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter.get().load(), 108);
}

}  // namespace
}  // namespace genro::storage

// Many at once: readers see whole contents, tasks do not disturb each other, a stopped write is whole or not at all.
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "conformance/conformance.h"

namespace genro::storage::conformance {
namespace {

bool all_of_one(std::string_view content) {
  return !content.empty() && content.find_first_not_of(content.front()) == std::string_view::npos;
}

TEST_P(Conformance, readers_never_see_a_mixture_while_a_writer_replaces) {
  GENRO_NEEDS_NAMES();
  GENRO_NEEDS(atomic);
  constexpr std::size_t kSmall = 300'000;
  put("hot.bin", std::string(kSmall, 'a'));
  std::atomic<bool> done{false};
  std::atomic<int> torn{0};
  std::atomic<int> reads{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      while (!done || reads < 20) {
        const Result<Bytes> result = outcome_of(read_whole(backend(), "hot.bin", {}), driver());
        if (!result.ok()) {  // a server may refuse to go on with a replaced object; it may not mix
          if (result.error().code() != ErrorCode::precondition_failed) ++torn;
          continue;
        }
        const Bytes content = Result<Bytes>(result).take();
        const std::size_t expected =
            content.empty() ? 0 : kSmall * static_cast<std::size_t>(content.view().front() - 'a' + 1);
        if (content.size() != expected || !all_of_one(content.view())) ++torn;
        ++reads;
      }
    });
  }
  const int rounds = caps().remote ? 10 : 60;
  for (int i = 0; i < rounds; ++i) {
    const int kind = i % 5;
    put("hot.bin", std::string(kSmall * static_cast<std::size_t>(kind + 1), static_cast<char>('a' + kind)));
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(torn, 0);
}

/// Counts down; wait() returns at zero.
class Countdown {
 public:
  explicit Countdown(int count) : left_(count) {}
  void done() {
    std::lock_guard lock(mutex_);
    if (--left_ == 0) zero_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    zero_.wait(lock, [this] { return left_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable zero_;
  int left_;
};

TEST_P(Conformance, many_tasks_at_once_do_not_disturb_each_other) {
  GENRO_NEEDS_NAMES();
  const int count = caps().remote ? 100 : 1000;
  Countdown writing(count);
  std::atomic<int> failed{0};
  for (int i = 0; i < count; ++i) {
    const std::string text = "content " + std::to_string(i);
    backend().put("many/" + std::to_string(i), Body(bytes(text)), {}).start({}, [&](Result<Entry> result) {
      if (!result.ok()) ++failed;
      writing.done();
    });
  }
  writing.wait();
  Countdown reading(count * 2);
  for (int i = 0; i < count * 2; ++i) {
    const std::string expected = "content " + std::to_string(i % count);
    read_whole(backend(), "many/" + std::to_string(i % count), {}).start({}, [&, expected](Result<Bytes> result) {
      if (!result.ok() || std::move(result).take().view() != expected) ++failed;
      reading.done();
    });
  }
  reading.wait();
  EXPECT_EQ(failed, 0);
}

TEST_P(Conformance, a_stopped_put_leaves_the_old_or_the_new_content) {
  GENRO_NEEDS_NAMES();
  const std::string old_content = pattern(1000, 1);
  const std::string new_content = pattern(24U << 20, 2);
  const Body body(bytes(new_content));
  for (int after_us : {0, 500, 5000}) {
    put("dir/stopped.bin", old_content);
    std::promise<Result<Entry>> finished;
    Operation operation = backend().put("dir/stopped.bin", body, {}).start({}, [&](Result<Entry> result) {
      finished.set_value(std::move(result));
    });
    std::this_thread::sleep_for(std::chrono::microseconds(after_us));
    operation.cancel();
    const Result<Entry> result = finished.get_future().get();
    const std::string content = get("dir/stopped.bin");
    if (result.ok()) {
      EXPECT_TRUE(content == new_content);
    } else {
      EXPECT_EQ(result.error().code(), ErrorCode::cancelled);
      EXPECT_TRUE(content == old_content || content == new_content);
    }
    if (caps().list) {
      EXPECT_EQ(names("dir"), std::vector<std::string>{"dir/stopped.bin"});
    }
  }
}

TEST_P(Conformance, a_task_that_is_never_run_does_nothing) {
  GENRO_NEEDS_NAMES();
  {
    auto task = backend().put("never.txt", Body(bytes("x")), {});
  }
  EXPECT_FALSE(stat("never.txt"));
}

}  // namespace
}  // namespace genro::storage::conformance

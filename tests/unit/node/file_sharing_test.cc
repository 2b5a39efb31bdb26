#include <gtest/gtest.h>

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "genro/storage/manager.h"

namespace genro::storage {
namespace {

constexpr std::size_t kPiece = 70'000;

/// Starts the task towards the reactor; the future gives its outcome.
template <class T>
std::future<std::optional<ErrorCode>> started(Task<T> task, Operation* operation = nullptr) {
  auto promise = std::make_shared<std::promise<std::optional<ErrorCode>>>();
  std::future<std::optional<ErrorCode>> outcome = promise->get_future();
  Operation running = std::move(task).start({}, [promise](Result<T> result) {
    promise->set_value(result.ok() ? std::nullopt : std::optional(result.error().code()));
  });
  if (operation) *operation = running;
  return outcome;
}

Bytes piece_of(char letter, std::size_t size = kPiece) { return Bytes::copy_of(std::string(size, letter)); }

/// How often each letter's piece is in there, whole.
std::map<char, int> pieces_of(const std::string& content) {
  std::map<char, int> counts;
  for (std::size_t begin = 0; begin < content.size(); begin += kPiece) {
    const std::string piece = content.substr(begin, kPiece);
    EXPECT_EQ(piece, std::string(kPiece, piece[0])) << "a torn piece at " << begin;
    ++counts[piece[0]];
  }
  return counts;
}

class SharedFile : public ::testing::Test {
 protected:
  SharedFile() {
    std::string pattern = (std::filesystem::temp_directory_path() / "shared_file_XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    storage_.configure({{{"name", "memory"}, {"protocol", "memory"}, {"base_path", folder_}},
                        {{"name", "local"}, {"protocol", "local"}, {"base_path", folder_}, {"durable", false}}});
  }
  ~SharedFile() override { std::filesystem::remove_all(folder_); }
  template <class Test>
  void on_both(Test test) {
    for (const char* mount : {"memory", "local"}) {
      SCOPED_TRACE(mount);
      test(storage_.node(std::string(mount) + ":d/f"));
    }
  }

  std::string folder_;
  StorageManager storage_;
};

TEST_F(SharedFile, threads_and_started_operations_write_whole_pieces) {
  on_both([](Node node) {
    File file = node.open("wb").get();
    std::vector<std::future<std::optional<ErrorCode>>> outcomes;
    outcomes.reserve(20);
    for (int i = 0; i < 20; ++i) outcomes.push_back(started(file.write(piece_of('s'))));
    std::vector<std::thread> threads;
    for (const char letter : {'a', 'b', 'c', 'd'}) {
      threads.emplace_back([&file, letter] {
        for (int i = 0; i < 20; ++i) file.write(piece_of(letter)).get();
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (auto& outcome : outcomes) EXPECT_EQ(outcome.get(), std::nullopt);
    EXPECT_EQ(file.tell(), 100 * kPiece);
    file.close().get();
    const std::map<char, int> expected = {{'a', 20}, {'b', 20}, {'c', 20}, {'d', 20}, {'s', 20}};
    EXPECT_EQ(pieces_of(node.read_bytes().get().to_string()), expected);
  });
}

TEST_F(SharedFile, threads_read_every_byte_once) {
  on_both([](Node node) {
    std::string content;
    for (int i = 0; i < 200'000; ++i) content += static_cast<char>('a' + i % 26);
    node.write_text(content).get();
    File file = node.open("rb").get();
    std::atomic<std::size_t> total{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (;;) {
          const std::string got = file.read(26).get().to_string();
          if (got.empty()) return;
          EXPECT_EQ(got, content.substr(0, got.size()));
          total += got.size();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(total, content.size());
  });
}

TEST_F(SharedFile, operations_outlive_the_file_that_they_were_begun_on) {
  on_both([](Node node) {
    std::vector<std::future<std::optional<ErrorCode>>> outcomes;
    {
      File file = node.open("wb").get();
      for (int i = 0; i < 8; ++i) outcomes.push_back(started(file.write(piece_of('x', 4 << 20))));
    }
    for (auto& outcome : outcomes) EXPECT_EQ(outcome.get(), std::nullopt);
    EXPECT_FALSE(node.exists().get());
  });
}

TEST_F(SharedFile, a_write_that_was_stopped_before_its_turn_makes_close_fail) {
  on_both([](Node node) {
    node.write_text("old").get();
    File file = node.open("wb").get();
    std::vector<std::future<std::optional<ErrorCode>>> outcomes;
    std::vector<Operation> operations(12);
    for (Operation& operation : operations) outcomes.push_back(started(file.write(piece_of('x', 4 << 20)), &operation));
    operations[10].cancel();
    bool stopped = false;
    for (auto& outcome : outcomes) stopped = outcome.get().has_value() || stopped;
    if (stopped) {
      EXPECT_THROW(file.close().get(), Error);
      EXPECT_EQ(node.read_text().get(), "old");
    } else {
      file.close().get();  // all was written before it was cancelled
    }
  });
}

TEST_F(SharedFile, what_waits_behind_a_close_is_refused_and_a_second_close_is_nothing) {
  on_both([](Node node) {
    File file = node.open("wb").get();
    file.write(piece_of('x', 8 << 20)).get();
    auto closing = started(file.close());
    auto late = started(file.write(piece_of('y')));
    auto again = started(file.close());
    EXPECT_EQ(closing.get(), std::nullopt);
    EXPECT_EQ(late.get(), ErrorCode::invalid_argument);
    EXPECT_EQ(again.get(), std::nullopt);
    EXPECT_EQ(node.size().get(), std::uint64_t{8} << 20);
  });
}

}  // namespace
}  // namespace genro::storage

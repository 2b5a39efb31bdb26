// Byte ranges, and reads and puts that depend on what is there.
#include <atomic>
#include <thread>

#include "conformance/conformance.h"

namespace genro::storage::conformance {
namespace {

ReadOptions range(std::uint64_t begin, std::uint64_t end = ByteRange::kToEnd) {
  ReadOptions options;
  options.range = {begin, end};
  return options;
}
PutOptions when(When condition) {
  PutOptions options;
  options.when = std::move(condition);
  return options;
}

TEST_P(Conformance, a_range_gives_just_its_bytes) {
  GENRO_NEEDS(seek);
  const std::string path = put("range.txt", "0123456789");
  EXPECT_EQ(get(path, range(2, 5)), "234");
  EXPECT_EQ(get(path, range(0, 1)), "0");
  EXPECT_EQ(get(path, range(9, 10)), "9");
  EXPECT_EQ(get(path, range(7)), "789");
}

TEST_P(Conformance, the_end_of_a_range_is_cut_at_the_end_of_the_file) {
  GENRO_NEEDS(seek);
  const std::string path = put("range.txt", "0123456789");
  EXPECT_EQ(get(path, range(8, 1000)), "89");
}

TEST_P(Conformance, a_range_that_begins_beyond_the_end_is_out_of_range) {
  GENRO_NEEDS(seek);
  const std::string path = put("range.txt", "0123456789");
  EXPECT_EQ(read_failure(path, range(11, 20)), ErrorCode::out_of_range);
  EXPECT_EQ(read_failure(path, range(1000)), ErrorCode::out_of_range);
}

TEST_P(Conformance, a_ranged_reader_knows_the_whole_file) {
  GENRO_NEEDS(seek);
  const std::string path = put("range.txt", "0123456789");
  const std::unique_ptr<Reader> reader = run(backend().read(path, range(3, 7)));
  EXPECT_EQ(reader->begin(), 3U);
  EXPECT_EQ(reader->size(), 4U);
  EXPECT_EQ(reader->entry().size, 10U);
  std::byte buffer[3];
  EXPECT_EQ(run(reader->read_into(buffer)), 3U);
  EXPECT_EQ(run(reader->read_into(buffer)), 1U);
  EXPECT_EQ(run(reader->read_into(buffer)), 0U);
}

TEST_P(Conformance, a_read_can_ask_for_one_content_only) {
  GENRO_NEEDS_NAMES();
  put("matched.txt", "old");
  ReadOptions options;
  options.if_match = stat("matched.txt")->etag;
  EXPECT_EQ(get("matched.txt", options), "old");
  put("matched.txt", "newer");
  EXPECT_EQ(read_failure("matched.txt", options), ErrorCode::precondition_failed);
}

TEST_P(Conformance, a_put_if_absent_makes_a_file_and_never_replaces_one) {
  if (!caps().checked_put) GENRO_NEEDS(conditional_put);
  put("new.txt", "first", when(When::if_absent()));
  EXPECT_EQ(get("new.txt"), "first");
  EXPECT_EQ(failure(backend().put("new.txt", Body(bytes("second")), when(When::if_absent()))),
            ErrorCode::precondition_failed);
  EXPECT_EQ(get("new.txt"), "first");
}

TEST_P(Conformance, a_put_if_match_replaces_only_the_known_content) {
  if (!caps().checked_put) GENRO_NEEDS(conditional_put);
  put("known.txt", "one");
  const std::string etag = stat("known.txt")->etag;
  put("known.txt", "two", when(When::if_match(etag)));
  EXPECT_EQ(get("known.txt"), "two");
  EXPECT_EQ(failure(backend().put("known.txt", Body(bytes("three")), when(When::if_match(etag)))),
            ErrorCode::precondition_failed);
  EXPECT_EQ(get("known.txt"), "two");
}

TEST_P(Conformance, a_put_if_match_of_what_is_missing_makes_nothing) {
  if (!caps().checked_put) GENRO_NEEDS(conditional_put);
  const auto code = failure(backend().put("missing.txt", Body(bytes("x")), when(When::if_match("0123456789"))));
  EXPECT_TRUE(code == ErrorCode::precondition_failed || code == ErrorCode::not_found);
  EXPECT_FALSE(stat("missing.txt"));
}

TEST_P(Conformance, of_racing_puts_if_absent_one_wins) {
  GENRO_NEEDS(conditional_put);
  std::atomic<int> won{0};
  std::atomic<int> refused{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([this, i, &won, &refused] {
      const Result<Entry> result =
          outcome_of(backend().put("race.txt", Body(bytes(std::to_string(i))), when(When::if_absent())), driver());
      ++(result.ok() ? won : refused);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(refused, 7);
}

TEST_P(Conformance, racing_puts_if_match_lose_no_update) {
  GENRO_NEEDS(conditional_put);
  put("counter", "0");
  constexpr int kThreads = 4;
  constexpr int kEach = 10;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([this] {
      int absent = 0;  // where a replacement is no single step, for a moment there may be no file
      for (int done = 0; done < kEach;) {
        Result<std::unique_ptr<Reader>> opened = outcome_of(backend().read("counter", {}), driver());
        if (!opened.ok() && !caps().atomic && ++absent < 1000) continue;
        const std::unique_ptr<Reader> reader = std::move(opened).take();
        const int value = std::stoi(run(reader->read_all()).to_string());
        const Result<Entry> result = outcome_of(backend().put("counter", Body(bytes(std::to_string(value + 1))),
                                                              when(When::if_match(reader->entry().etag))),
                                                driver());
        if (result.ok()) ++done;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(get("counter"), std::to_string(kThreads * kEach));
}

}  // namespace
}  // namespace genro::storage::conformance

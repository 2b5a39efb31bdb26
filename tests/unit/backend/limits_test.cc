// What is sent and removed keeps to the limits that a backend states.
#include <gmock/gmock.h>

#include <algorithm>

#include "backend/part_sizes.h"
#include "backend/writer.h"
#include "fakes/fake_store.h"
#include "fakes/virtual_time.h"

namespace genro::storage {
namespace {

using test::Trouble;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
constexpr Limits kUsual{.part_size_max = 5120 * kMiB, .part_count_max = 10'000};

TEST(PartSize, grows_so_that_ten_thousand_parts_reach_beyond_half_a_terabyte) {
  std::uint64_t total = 0;
  for (int number = 1; number <= 10'000; ++number) total += growing_part_size(kUsual, 8 * kMiB, number);
  EXPECT_EQ(growing_part_size(kUsual, 8 * kMiB, 1), 8 * kMiB);
  EXPECT_EQ(growing_part_size(kUsual, 8 * kMiB, 5000), 8 * kMiB);
  EXPECT_GT(total, 500 * 1024 * kMiB);
  EXPECT_LE(growing_part_size(kUsual, 8 * kMiB, 10'000), kUsual.part_size_max);
}

TEST(PartSize, stays_as_it_is_where_parts_are_not_counted) {
  EXPECT_EQ(growing_part_size({}, 8 * kMiB, 1'000'000), 8 * kMiB);
  EXPECT_EQ(part_size_for({}, UINT64_MAX, 8 * kMiB), 8 * kMiB);
}

TEST(PartSize, is_enough_for_the_whole_in_as_many_parts_as_the_store_takes) {
  EXPECT_EQ(part_size_for(kUsual, 100 * kMiB, 8 * kMiB), 8 * kMiB);
  EXPECT_EQ(part_size_for(kUsual, 80'000 * kMiB, 8 * kMiB), 8 * kMiB);
  EXPECT_EQ(part_size_for(kUsual, 80'000 * kMiB + 1, 8 * kMiB), 9 * kMiB);
  EXPECT_EQ(part_size_for(kUsual, UINT64_MAX, 8 * kMiB), kUsual.part_size_max);
}

TEST(PartSize, is_never_below_the_smallest_nor_above_the_largest) {
  EXPECT_EQ(part_size_for({.part_size_min = 5 * kMiB}, kMiB, 0), 5 * kMiB);
  EXPECT_EQ(growing_part_size({.part_size_min = 5 * kMiB}, 1, 1), 5 * kMiB);
  EXPECT_EQ(growing_part_size({.part_size_max = 4 * kMiB, .part_count_max = 100}, 3 * kMiB, 100), 4 * kMiB);
}

class Limited : public ::testing::Test {
 protected:
  static Bytes content(std::size_t size) { return Bytes::copy_of(std::string(size, 'x')); }
  std::size_t parts_sent() const {
    return static_cast<std::size_t>(std::count_if(store->log.begin(), store->log.end(),
                                                  [](const std::string& call) { return call.starts_with("part "); }));
  }
  Result<Entry> put(std::size_t size) { return put_body(*store, "target", content(size), {}, sizes).result(); }

  test::VirtualTime time{Loop::Kind::reactor};
  std::shared_ptr<test::FakeStore> store = std::make_shared<test::FakeStore>(time.clock());
  Limits& limits = store->mutable_limits();
  WriteLimits sizes{2 * kMiB, 4, 256 * kMiB};
};

TEST_F(Limited, a_body_goes_up_in_as_many_parts_as_the_store_takes) {
  limits.part_count_max = 3;
  EXPECT_EQ(put(7 * kMiB + 1).take().size, 7 * kMiB + 1);
  EXPECT_EQ(parts_sent(), 3U);
}

TEST_F(Limited, a_body_is_split_for_its_size_alone_only_where_a_call_is_a_round_trip) {
  store->mutable_caps().remote = false;
  put(7 * kMiB).take();
  EXPECT_THAT(store->log, ElementsAre("put target"));
}

TEST_F(Limited, a_body_that_no_number_of_parts_can_hold_is_refused_before_anything_is_sent) {
  limits.part_count_max = 3;
  limits.part_size_max = 2 * kMiB;
  EXPECT_EQ(put(6 * kMiB).take().size, 6 * kMiB);
  store->log.clear();
  const Result<Entry> refused = put(6 * kMiB + 1);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::unsupported);
  EXPECT_THAT(refused.error().what(), HasSubstr("at most 6291456"));
  EXPECT_THAT(store->log, ElementsAre());
}

TEST_F(Limited, a_body_larger_than_one_put_goes_up_in_parts_or_is_refused_where_there_are_none) {
  limits.single_put_max = kMiB;
  EXPECT_EQ(put(kMiB + 1).take().size, kMiB + 1);
  EXPECT_EQ(parts_sent(), 2U);
  store->log.clear();
  store->mutable_caps().upload = false;
  EXPECT_EQ(put(kMiB + 1).error().code(), ErrorCode::unsupported);
  EXPECT_THAT(store->log, ElementsAre());
}

TEST_F(Limited, no_more_parts_are_on_their_way_than_the_store_wants_at_once) {
  limits.concurrency = 2;
  put(7 * kMiB).take();
  EXPECT_EQ(store->most_running, 2);
  Writer file(store, "target", {}, nullptr, sizes);
  for (int i = 0; i < 7; ++i) file.write(content(kMiB)).get();
  file.commit().get();
  EXPECT_EQ(store->most_running, 2);
}

TEST_F(Limited, a_stream_that_needs_more_parts_than_the_store_takes_fails_and_ends_its_upload) {
  limits.part_count_max = 3;
  limits.part_size_max = kMiB;
  Writer file(store, "target", {}, nullptr, sizes);
  for (int i = 0; i < 9 && file.open(); ++i) {
    Result<void> written = file.write(content(kMiB)).result();
    if (written.ok()) continue;
    EXPECT_EQ(written.error().code(), ErrorCode::unsupported);
    EXPECT_THAT(written.error().what(), HasSubstr("more than the 3 parts"));
  }
  EXPECT_FALSE(file.open());
  EXPECT_TRUE(store->uploads.empty());
  EXPECT_FALSE(store->objects.contains("target"));
}

class RemoveMany : public Limited {
 protected:
  RemoveMany() {
    for (char name = 'a'; name < 'u'; ++name) {
      store->store(std::string(1, name), Bytes::copy_of("x"));
      paths.emplace_back(1, name);
    }
  }
  std::vector<std::string> paths;
};

TEST_F(RemoveMany, runs_as_many_removals_at_once_as_the_store_wants) {
  limits.concurrency = 5;
  EXPECT_TRUE(store->remove_many(paths).get().empty());
  EXPECT_TRUE(store->objects.empty());
  EXPECT_EQ(store->most_running, 5);
}

TEST_F(RemoveMany, keeps_to_the_order_where_one_by_one_is_wanted) {
  limits.concurrency = 1;
  EXPECT_TRUE(store->remove_many(paths).get().empty());
  EXPECT_EQ(store->most_running, 1);
  EXPECT_EQ(store->log.front(), "remove a");
  EXPECT_EQ(store->log.back(), "remove t");
}

TEST_F(RemoveMany, tells_each_failure_in_the_order_of_the_paths_and_removes_the_others) {
  store->decide = [](std::string_view, const std::string& path) {
    return path == "c" || path == "r" ? Trouble::hard : Trouble::none;
  };
  const std::vector<RemoveFailure> failures = store->remove_many(paths).get();
  ASSERT_EQ(failures.size(), 2U);
  EXPECT_EQ(failures[0].path, "c");
  EXPECT_EQ(failures[1].path, "r");
  EXPECT_EQ(failures[1].error.code(), ErrorCode::permission_denied);
  EXPECT_EQ(store->objects.size(), 2U);
}

TEST_F(RemoveMany, begins_no_more_removals_when_it_is_cancelled) {
  limits.concurrency = 2;
  std::optional<ErrorCode> code;
  Operation operation =
      store->remove_many(paths).start({&time.loop(), 0}, [&](Result<std::vector<RemoveFailure>> result) {
        code = result.ok() ? ErrorCode::internal : result.error().code();
      });
  {
    Loop::Drive driving(time.loop());
    time.loop().run_once();
  }
  operation.cancel();
  time.drain();
  EXPECT_EQ(code, ErrorCode::cancelled);
  EXPECT_EQ(store->running, 0);
  EXPECT_GE(store->objects.size(), 16U);
}

}  // namespace
}  // namespace genro::storage

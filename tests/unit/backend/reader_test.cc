#include "backend/reader.h"

#include <gtest/gtest.h>

#include "backend/block_pool.h"
#include "backend/range_plan.h"
#include "fakes/fake_store.h"
#include "fakes/virtual_time.h"

namespace genro::storage {
namespace {

using test::Trouble;

class ReaderTest : public testing::Test {
 protected:
  void SetUp() override {
    content.resize(1'000'000);
    for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>('a' + (i * 7 + i / 1000) % 26);
    store->store("big", Bytes::copy_of(content));
    store->store("small", Bytes::copy_of("0123456789"));
    store->store("empty", Bytes());
  }
  std::size_t calls(std::string_view name) const {
    std::size_t count = 0;
    for (const std::string& line : store->log) count += line.starts_with(name) ? 1u : 0u;
    return count;
  }
  std::string stream(Reader& reader, std::size_t step) const {
    std::string got;
    std::vector<std::byte> buffer(step);
    for (;;) {
      const std::size_t size = reader.read_into(buffer).get();
      if (size == 0) return got;
      got.append(reinterpret_cast<const char*>(buffer.data()), size);
    }
  }
  test::VirtualTime time{Loop::Kind::reactor};
  std::shared_ptr<test::FakeStore> store = std::make_shared<test::FakeStore>(time.clock());
  std::string content;
  ReadLimits limits{100'000, 64'000, 4, 64'000};
};

TEST_F(ReaderTest, ASmallObjectTakesOneRequest) {
  EXPECT_EQ(read_bytes(*store, "small").get().view(), "0123456789");
  EXPECT_EQ(read_bytes(*store, "empty").get().size(), 0u);
  EXPECT_EQ(calls("read"), 2u);
  EXPECT_EQ(calls("stat"), 0u);
}

TEST_F(ReaderTest, ALargeObjectIsReadAsParallelRangesOfOneVersion) {
  EXPECT_EQ(read_bytes(*store, "big", {}, limits).get().view(), content);
  EXPECT_EQ(calls("read"), 16u);
  EXPECT_EQ(store->open_readers, 0);
  const Duration parallel = time.elapsed();
  ReadLimits whole;
  EXPECT_EQ(read_bytes(*store, "big", {}, whole).get().view(), content);
  EXPECT_GT(parallel, Duration::zero());
  EXPECT_EQ(calls("read"), 17u);
}

TEST_F(ReaderTest, ARangeOfALargeObjectIsSplitLikewise) {
  ReadOptions options;
  options.range = {1000, 700'001};
  EXPECT_EQ(read_bytes(*store, "big", options, limits).get().view(), content.substr(1000, 699'001));
}

TEST_F(ReaderTest, AnObjectReplacedBetweenPartsIsAnErrorAndNeverAMixture) {
  bool replaced = false;
  store->decide = [&](std::string_view call, const std::string&) {
    if (call == "read" && calls("read") == 9 && !replaced) {
      replaced = true;
      store->store("big", Bytes::copy_of(std::string(content.size(), '!')));
    }
    return Trouble::none;
  };
  const Result<Bytes> result = read_bytes(*store, "big", {}, limits).result();
  ASSERT_TRUE(replaced);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::precondition_failed);
  EXPECT_EQ(store->open_readers, 0);
}

TEST_F(ReaderTest, ReadIntoFillsTheCallersMemoryUpToTheEndOfTheFile) {
  std::vector<std::byte> target(content.size() + 10);
  const auto view = [&](std::size_t size) {
    return std::string_view(reinterpret_cast<const char*>(target.data()), size);
  };
  EXPECT_EQ(read_into(*store, "big", target, 0, {}, limits).get(), content.size());
  EXPECT_EQ(view(content.size()), content);
  EXPECT_EQ(read_into(*store, "big", std::span(target).first(500'000), 123'456, {}, limits).get(), 500'000u);
  EXPECT_EQ(view(500'000), content.substr(123'456, 500'000));
  EXPECT_EQ(read_into(*store, "big", std::span(target).first(100), 999'950).get(), 50u);
  EXPECT_EQ(read_into(*store, "big", std::span(target).first(100), 1'000'000).get(), 0u);
  EXPECT_EQ(read_into(*store, "big", std::span(target).first(100), UINT64_MAX - 3).get(), 0u);
  EXPECT_EQ(read_into(*store, "empty", target, 0).get(), 0u);
  EXPECT_EQ(read_into(*store, "big", {}, 0).get(), 0u);
}

TEST_F(ReaderTest, NearRangesShareARequestAndResultsComeInTheOrderAsked) {
  const std::vector<ByteRange> ranges{{900'000, 900'010}, {0, 10}, {20, 30}, {5, 25}, {999'990, 2'000'000}, {7, 7}};
  const std::vector<Bytes> got = read_ranges(*store, "big", ranges, {}, limits).get();
  ASSERT_EQ(got.size(), ranges.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].view(), content.substr(ranges[i].begin, ranges[i].end - ranges[i].begin)) << i;
  }
  EXPECT_EQ(calls("read"), 3u);
}

TEST_F(ReaderTest, ARangeBehindTheEndIsOutOfRange) {
  const Result<std::vector<Bytes>> alone = read_ranges(*store, "small", {{10, 20}}).result();
  ASSERT_FALSE(alone.ok());
  EXPECT_EQ(alone.error().code(), ErrorCode::out_of_range);
  const Result<std::vector<Bytes>> merged = read_ranges(*store, "small", {{0, 5}, {10, 20}}).result();
  ASSERT_FALSE(merged.ok());
  EXPECT_EQ(merged.error().code(), ErrorCode::out_of_range);
  EXPECT_EQ(read_ranges(*store, "small", {{5, 2}}).result().error().code(), ErrorCode::invalid_argument);
}

TEST_F(ReaderTest, AStreamOfALargeObjectIsInOrderAndBoundedInMemory) {
  for (const std::size_t step : {1'000u, 64'000u, 300'000u}) {
    const auto reader = open_reader(store, "big", {}, limits).get();
    EXPECT_EQ(reader->size(), content.size());
    EXPECT_EQ(stream(*reader, step), content);
  }
  EXPECT_LE(store->most_running, 5);
  EXPECT_EQ(open_reader(store, "big", {}, limits).get()->read_all().get().view(), content);
}

std::string stream_by_blocks(Reader& reader, std::size_t most) {
  std::string got;
  for (;;) {
    const Bytes bytes = reader.read_some(most).get();
    if (bytes.empty()) return got;
    EXPECT_LE(bytes.size(), most);
    got.append(bytes.view());
  }
}

TEST_F(ReaderTest, AStreamGivesItsPartsAsTheyAreAndEndsWithNothing) {
  for (const std::size_t most : {1'000u, 64'000u, 300'000u}) {
    const auto reader = open_reader(store, "big", {}, limits).get();
    EXPECT_EQ(stream_by_blocks(*reader, most), content);
    const auto small = open_reader(store, "small", {}, limits).get();
    EXPECT_EQ(stream_by_blocks(*small, most), "0123456789");
  }
  EXPECT_LE(store->most_running, 5);
}

TEST_F(ReaderTest, BothWaysOfReadingAStreamCanTakeTurns) {
  const auto reader = open_reader(store, "big", {}, limits).get();
  std::string got;
  std::vector<std::byte> buffer(30'000);
  for (bool blocks = false;; blocks = !blocks) {
    if (blocks) {
      const Bytes bytes = reader->read_some(50'000).get();
      if (bytes.empty()) break;
      got.append(bytes.view());
    } else {
      const std::size_t size = reader->read_into(buffer).get();
      if (size == 0) break;
      got.append(reinterpret_cast<const char*>(buffer.data()), size);
    }
  }
  EXPECT_EQ(got, content);
}

TEST_F(ReaderTest, WhatAStreamGaveStaysWhenTheStreamIsGone) {
  std::vector<Bytes> given;
  {
    const auto reader = open_reader(store, "big", {}, limits).get();
    for (Bytes bytes = reader->read_some(64'000).get(); !bytes.empty(); bytes = reader->read_some(64'000).get()) {
      given.push_back(bytes);
    }
  }
  std::string got;
  for (const Bytes& bytes : given) got.append(bytes.view());
  EXPECT_EQ(got, content);
}

TEST(BlockPool, ABlockComesBackAfterItsLastUseAndNotBefore) {
  const auto pool = BlockPool::make(1000);
  BytesBuffer first = pool->take();
  std::memset(first.data(), 'a', 1000);
  const std::byte* const memory = first.data();
  std::optional<Bytes> given = pool->seal(std::move(first), 600);
  Bytes part = given->slice(100, 50);
  given.reset();
  BytesBuffer other = pool->take();
  EXPECT_NE(other.data(), memory);
  EXPECT_EQ(part.view(), std::string(50, 'a'));
  part = Bytes();
  EXPECT_EQ(pool->take().data(), memory);
}

TEST(BlockPool, BytesOutliveTheirPool) {
  auto pool = BlockPool::make(10);
  BytesBuffer block = pool->take();
  std::memcpy(block.data(), "0123456789", 10);
  const Bytes bytes = pool->seal(std::move(block), 10);
  pool.reset();
  EXPECT_EQ(bytes.view(), "0123456789");
}

TEST_F(ReaderTest, AStreamThatIsDroppedEarlyLeavesNothingRunning) {
  {
    const auto reader = open_reader(store, "big", {}, limits).get();
    std::vector<std::byte> buffer(64'000);
    for (int i = 0; i < 3; ++i) reader->read_into(buffer).get();
  }
  time.drain();
  EXPECT_EQ(store->open_readers, 0);
  EXPECT_EQ(store->running, 0);
  EXPECT_LT(calls("read"), 10u);
}

TEST(RangePlan, RangesMergeOverSmallGapsOnly) {
  const std::vector<RangeRun> runs = plan_runs({{0, 10}, {15, 20}, {1000, 1010}}, 5, 1 << 20);
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0].range.end, 20u);
  EXPECT_EQ(runs[0].members, (std::vector<std::size_t>{0, 1}));
}

TEST(RangePlan, ARunDoesNotGrowBeyondItsLimitByMerging) {
  const std::vector<RangeRun> runs = plan_runs({{0, 90}, {90, 180}, {180, 270}, {0, 500}}, 10, 200);
  std::size_t members = 0;
  for (const RangeRun& run : runs) members += run.members.size();
  EXPECT_EQ(members, 4u);
}

TEST(RangePlan, ARangeToTheEndOfTheFileCoversWhatLiesInIt) {
  const std::vector<RangeRun> runs = plan_runs({{100, ByteRange::kToEnd}, {200, 300}, {0, 50}}, 10, 1 << 20);
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[1].members, (std::vector<std::size_t>{0, 1}));
}

TEST(RangePlan, ASmallPieceDoesNotKeepTheWholeRunInMemory) {
  const Bytes data = Bytes::copy_of(std::string(100'000, 'x'));
  const RangeRun run{{0, 100'000}, {0}};
  EXPECT_NE(cut_range(data, run, {0, 10}, "a").block(), data.block());
  EXPECT_EQ(cut_range(data, run, {0, 90'000}, "a").block(), data.block());
}

}  // namespace
}  // namespace genro::storage

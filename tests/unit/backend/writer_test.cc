#include "backend/writer.h"

#include <gtest/gtest.h>

#include "backend/reader.h"
#include "core/env.h"
#include "fakes/fake_store.h"
#include "fakes/virtual_time.h"

namespace genro::storage {
namespace {

using test::Trouble;

class WriterTest : public testing::Test {
 protected:
  void SetUp() override { store->store("target", Bytes::copy_of("old")); }
  std::unique_ptr<Writer> writer(PutOptions options = {}) {
    return std::make_unique<Writer>(store, "target", options, nullptr, limits);
  }
  static std::string pattern(std::size_t size) {
    std::string text(size, ' ');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (i * 31 + i / 777) % 26);
    return text;
  }
  void write_all(Writer& to, const std::string& text, std::size_t step) {
    for (std::size_t at = 0; at < text.size(); at += step) to.write(Bytes::copy_of(text.substr(at, step))).get();
  }
  test::VirtualTime time{Loop::Kind::reactor};
  std::shared_ptr<test::FakeStore> store = std::make_shared<test::FakeStore>(time.clock());
  WriteLimits limits{std::uint64_t{2} << 20, 4, std::uint64_t{256} << 20};
};

TEST_F(WriterTest, WhatFitsIntoOnePutIsPutAtCommit) {
  const auto file = writer();
  write_all(*file, pattern(100'000), 777);
  EXPECT_EQ(store->text("target"), "old");
  EXPECT_EQ(file->commit().get().size, 100'000u);
  EXPECT_EQ(store->text("target"), pattern(100'000));
  EXPECT_EQ(store->log, (std::vector<std::string>{"put target"}));
}

TEST_F(WriterTest, AnEmptyContentIsAContent) {
  writer()->commit().get();
  EXPECT_EQ(store->text("target"), "");
}

TEST_F(WriterTest, ALargeContentGoesUpInPartsSeveralAtOnce) {
  for (const std::size_t step : {std::size_t{10'000}, std::size_t{1} << 20, std::size_t{9} << 20}) {
    const std::string text = pattern((std::size_t{9} << 20) + 5);
    const auto file = writer();
    write_all(*file, text, step);
    EXPECT_EQ(file->commit().get().size, text.size());
    EXPECT_EQ(store->text("target"), text);
    EXPECT_TRUE(store->uploads.empty());
    store->store("target", Bytes::copy_of("old"));
  }
  EXPECT_GT(store->most_running, 1);
  EXPECT_LE(store->most_running, 4);
}

TEST_F(WriterTest, AbortDroppingAndFailingCommitNothingAndEndTheUpload) {
  const std::string text = pattern(std::size_t{5} << 20);
  {
    const auto file = writer();
    write_all(*file, text, 1 << 20);
    EXPECT_EQ(store->uploads.size(), 1u);
    file->abort().get();
    EXPECT_TRUE(store->uploads.empty()) << "abort() returns when the upload has ended";
    EXPECT_THROW(file->commit().get(), Error);
    EXPECT_THROW(file->write(Bytes::copy_of("x")).get(), Error);
    file->abort().get();
  }
  {
    const auto file = writer();
    write_all(*file, text, 1 << 20);
  }
  time.drain();
  EXPECT_TRUE(store->uploads.empty());
  store->decide = [](std::string_view call, const std::string&) {
    return call == "part 3" ? Trouble::hard : Trouble::none;
  };
  const auto file = writer();
  Result<void> result = std::monostate();
  for (int i = 0; i < 40 && result.ok(); ++i) result = file->write(Bytes::copy_of(text.substr(0, 1 << 20))).result();
  ASSERT_FALSE(result.ok());
  EXPECT_TRUE(store->uploads.empty());
  EXPECT_FALSE(file->open());
  EXPECT_EQ(store->text("target"), "old");
  EXPECT_EQ(store->running, 0);
}

TEST_F(WriterTest, AFailedCompletionIsAFailureAndTheUploadEnds) {
  store->decide = [](std::string_view call, const std::string&) {
    return call == "complete" ? Trouble::hard : Trouble::none;
  };
  const auto file = writer();
  write_all(*file, pattern(std::size_t{3} << 20), 1 << 20);
  EXPECT_FALSE(file->commit().result().ok());
  EXPECT_TRUE(store->uploads.empty());
  EXPECT_EQ(store->text("target"), "old");
}

TEST_F(WriterTest, ACancelledCommitEndsTheUploadAllTheSame) {
  const auto file = writer();
  write_all(*file, pattern(std::size_t{3} << 20), 1 << 20);
  std::optional<ErrorCode> code;
  Operation operation = file->commit().start(
      {&time.loop(), 0}, [&](Result<Entry> r) { code = r.ok() ? ErrorCode::internal : r.error().code(); });
  {
    Loop::Drive driving(time.loop());
    time.loop().run_once();
  }
  operation.cancel();
  time.drain();
  EXPECT_EQ(code, ErrorCode::cancelled);
  EXPECT_TRUE(store->uploads.empty());
  EXPECT_EQ(store->text("target"), "old");
}

TEST_F(WriterTest, ConditionsHoldForPutsAndForUploads) {
  PutOptions absent;
  absent.when = When::if_absent();
  for (const std::size_t size : {std::size_t{10}, std::size_t{3} << 20}) {
    const auto file = writer(absent);
    write_all(*file, pattern(size), 1 << 20);
    const Result<Entry> result = file->commit().result();
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code(), ErrorCode::precondition_failed);
    EXPECT_EQ(store->text("target"), "old");
    EXPECT_TRUE(store->uploads.empty());
  }
}

TEST_F(WriterTest, ASpillFileTakesWhatABackendWithoutUploadsCannotTakeInParts) {
  store->mutable_caps().upload = false;
  const std::string text = pattern((std::size_t{5} << 20) + 3);
  Writer file(store, "target", {}, Env::system().files, limits);
  write_all(file, text, 100'000);
  EXPECT_EQ(store->text("target"), "old");
  file.commit().get();
  EXPECT_EQ(store->text("target"), text);
  Writer dropped(store, "target", {}, Env::system().files, limits);
  write_all(dropped, pattern(std::size_t{3} << 20), 100'000);
  dropped.abort().get();
  EXPECT_EQ(store->text("target"), text);
}

TEST_F(WriterTest, AStreamIsCopiedWholeOrNotAtAll) {
  const std::string text = pattern((std::size_t{6} << 20) + 123);
  store->store("source", Bytes::copy_of(text));
  const auto file = writer();
  const auto reader = store->read("source", {}).get();
  EXPECT_EQ(copy_stream(*reader, *file).get(), text.size());
  file->commit().get();
  EXPECT_EQ(store->text("target"), text);
  int bytes = 0;
  store->decide = [&](std::string_view call, const std::string&) {
    return call == "bytes" && ++bytes == 40 ? Trouble::hard : Trouble::none;
  };
  {
    const auto broken = writer();
    const auto again = store->read("source", {}).get();
    EXPECT_FALSE(copy_stream(*again, *broken).result().ok());
  }
  time.drain();
  EXPECT_EQ(store->text("target"), text);
  EXPECT_TRUE(store->uploads.empty());
}

TEST_F(WriterTest, AStreamOfAnotherSizeThanAnnouncedIsNotTakenForTheWhole) {
  store->store("source", Bytes::copy_of(pattern(100'000)));
  const std::pair<std::uint64_t, ErrorCode> cases[] = {{1, ErrorCode::truncated},
                                                       {std::uint64_t{0} - 1, ErrorCode::protocol}};
  for (const auto& [more, code] : cases) {
    store->announces_more = more;
    const auto file = writer();
    const auto reader = store->read("source", {}).get();
    EXPECT_EQ(copy_stream(*reader, *file).result().error().code(), code);
    EXPECT_EQ(read_bytes(*store, "source").result().error().code(), code);
  }
}

TEST_F(WriterTest, AKnownBodyIsSplitBySizeWithoutCopyingAndPartsRunInParallel) {
  const std::string text = pattern((std::size_t{7} << 20) + 1);
  EXPECT_EQ(put_body(*store, "target", Bytes::copy_of(text), {}, limits).get().size, text.size());
  EXPECT_EQ(store->text("target"), text);
  EXPECT_EQ(store->most_running, 4);
  store->log.clear();
  put_body(*store, "target", Bytes::copy_of(text.substr(0, 2 << 20)), {}, limits).get();
  EXPECT_EQ(store->log, (std::vector<std::string>{"put target"}));
}

TEST_F(WriterTest, AKnownBodyThatFailsLeavesNoUploadBehind) {
  store->decide = [](std::string_view call, const std::string&) {
    return call == "part 4" ? Trouble::hard : Trouble::none;
  };
  EXPECT_FALSE(put_body(*store, "target", Bytes::copy_of(pattern(std::size_t{7} << 20)), {}, limits).result().ok());
  EXPECT_TRUE(store->uploads.empty());
  EXPECT_EQ(store->text("target"), "old");
  EXPECT_EQ(store->running, 0);
}

}  // namespace
}  // namespace genro::storage

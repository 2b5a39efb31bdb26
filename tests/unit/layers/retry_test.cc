#include "backend/put_body.h"
#include "unit/layers/retry_fixture.h"

namespace genro::storage {
namespace {

using test::RetryTest;
using test::Trouble;

TEST_F(RetryTest, ACallThatFailsForTheMomentIsRepeatedUntilItSucceeds) {
  fail(3, Trouble::before);
  mount()->put("a", Bytes::copy_of("x"), {}).get();
  EXPECT_EQ(store->text("a"), "x");
  EXPECT_EQ(calls(), 4u);
}

TEST_F(RetryTest, AnErrorThatNoRetryHelpsComesAtOnce) {
  fail(100, Trouble::hard);
  EXPECT_THROW(mount()->stat("a").get(), Error);
  EXPECT_THROW(mount()->put("a", {}, {}).get(), Error);
  EXPECT_EQ(calls(), 2u);
}

TEST_F(RetryTest, AttemptsAreBoundedAndRecordedInTheError) {
  fail(1000, Trouble::before);
  const Result<Entry> result = mount()->put("a", {}, {}).result();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::unavailable);
  EXPECT_EQ(result.error().attempts(), 7);
  EXPECT_EQ(calls(), 7u);
  EXPECT_GT(result.error().elapsed(), 0);
  EXPECT_LE(result.error().elapsed(), 3.2);  // 50 + 100 + … + 1600 ms and seven calls
}

TEST_F(RetryTest, ADeadBackendCostsAtMostATenthMoreCalls) {
  fail(1 << 30, Trouble::before);
  const auto backend = mount();
  for (int i = 0; i < 2000; ++i) EXPECT_FALSE(backend->stat("a").result().ok());
  EXPECT_LE(calls(), 2200u);
  store->log.clear();
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(backend->remove("a").result().ok());
  EXPECT_EQ(calls(), 1000u);
}

TEST_F(RetryTest, SuccessesFillTheBucketAgain) {
  RetryOptions options;
  options.tokens = 2;
  const auto backend = mount(options);
  fail(1 << 30, Trouble::before);
  EXPECT_FALSE(backend->put("a", {}, {}).result().ok());  // takes the two tokens
  EXPECT_EQ(calls(), 3u);
  store->decide = nullptr;
  for (int i = 0; i < 11; ++i) backend->stat("a").get();
  store->log.clear();
  fail(1, Trouble::before);
  EXPECT_TRUE(backend->put("a", {}, {}).result().ok());
}

TEST_F(RetryTest, RetryAfterIsHonoured) {
  EXPECT_GE(RetryPolicy(env, {}).wait(Error(ErrorCode::throttled, "x").with_retry_after(7), 1),
            std::chrono::seconds(7));
  const RetryPolicy policy(env, {});
  for (int failures = 1; failures < 60; ++failures) {
    const Duration wait = policy.wait(Error(ErrorCode::unavailable, "x"), failures);
    EXPECT_GE(wait, Duration::zero());
    EXPECT_LE(wait, std::chrono::seconds(5));
  }
}

TEST_F(RetryTest, NoTryBeginsAfterTheTotalTime) {
  RetryOptions options;
  options.attempts = 1000;
  options.total = std::chrono::seconds(20);
  fail(1 << 30, Trouble::before);
  const Duration began = time.elapsed();
  EXPECT_FALSE(mount(options)->put("a", {}, {}).result().ok());
  EXPECT_LE(time.elapsed() - began, std::chrono::seconds(45));
}

/// A reader that has the whole content, as one of a small object; its read() may fail, it cannot.
class BufferedReader final : public LeafReader {
 public:
  explicit BufferedReader(Bytes content) : content_(std::move(content)) { entry_.size = content_.size(); }
  const Entry& entry() const noexcept override { return entry_; }
  std::uint64_t begin() const noexcept override { return 0; }
  std::uint64_t size() const noexcept override { return entry_.size; }
  Task<std::size_t> read_into(std::span<std::byte>) override { return ready<std::size_t>(0); }
  Task<Bytes> read_all() override { return ready(content_); }
  const Bytes* buffered() const noexcept override { return &content_; }

 private:
  Entry entry_;
  Bytes content_;
};

class SmallObjects final : public test::FakeStore {
 public:
  using FakeStore::FakeStore;
  int failures = 0;
  Task<std::unique_ptr<Reader>> read(std::string path, ReadOptions) override {
    if (failures-- > 0) throw Error(ErrorCode::corrupt, "read", path, "a flipped byte").with_retryable(true);
    co_return std::make_unique<BufferedReader>(Bytes::copy_of(path));
  }
};

TEST_F(RetryTest, AContentThatIsAtHandIsGivenAsItIsAndOneThatCameFalsifiedIsAskedForAgain) {
  const auto small = std::make_shared<SmallObjects>(time.clock());
  small->failures = 1;
  const std::unique_ptr<Reader> reader = with_retry(small, env, {})->read("a", {}).get();
  EXPECT_NE(dynamic_cast<BufferedReader*>(reader.get()), nullptr);
  EXPECT_EQ(reader->buffered()->view(), "a");
  EXPECT_EQ(small->failures, -1);
}

TEST_F(RetryTest, AContentThatComesFalsifiedTwiceIsNotAskedForAThirdTime) {
  const auto small = std::make_shared<SmallObjects>(time.clock());
  small->failures = 1000;
  const auto result = with_retry(small, env, {})->read("a", {}).result();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::corrupt);
  EXPECT_EQ(small->failures, 998);
}

TEST_F(RetryTest, AContentThatIsAlwaysFalsifiedIsFetchedTwiceHoweverLongItIs) {
  for (const std::size_t size : {std::size_t{100}, std::size_t{300} << 10, std::size_t{8} << 20}) {
    store->store("a", Bytes::copy_of(std::string(size, 'x')));
    store->log.clear();
    store->decide = [](std::string_view call, const std::string&) {
      return call == "bytes" ? Trouble::flip : Trouble::none;
    };
    const Result<Bytes> result = mount()->read("a", {}).get()->read_all().result();
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code(), ErrorCode::corrupt);
    EXPECT_EQ(std::count(store->log.begin(), store->log.end(), "read a"), 2) << size;
  }
}

TEST_F(RetryTest, AnAppendIsNeverRepeated) {
  for (const Trouble trouble : {Trouble::before, Trouble::after, Trouble::refuse}) {
    store->log.clear();
    fail(1, trouble);
    EXPECT_FALSE(mount()->append("log", Bytes::copy_of("line")).result().ok());
    EXPECT_EQ(calls(), 1u);
  }
}

TEST_F(RetryTest, ARenameIsRepeatedOnlyWhenItWasSurelyRefused) {
  store->store("a", Bytes::copy_of("x"));
  fail(1, Trouble::refuse);
  mount()->rename("a", "b").get();
  EXPECT_EQ(store->text("b"), "x");
  store->log.clear();
  fail(1, Trouble::after);
  EXPECT_FALSE(mount()->rename("b", "c").result().ok());
  EXPECT_EQ(calls(), 1u);
}

TEST_F(RetryTest, AConditionalPutWhoseAnswerWasLostCountsAsDoneWhenTheTargetHoldsIt) {
  fail(1, Trouble::after);
  PutOptions absent;
  absent.when = When::if_absent();
  const Entry entry = mount()->put("a", Bytes::copy_of("mine"), absent).get();
  EXPECT_EQ(entry.size, 4u);
  EXPECT_EQ(store->puts, 1u);
}

TEST_F(RetryTest, TheSameHoldsWithoutStoredChecksums) {
  store->mutable_caps().md5 = false;
  const auto backend = mount();
  fail(1, Trouble::after);
  PutOptions absent;
  absent.when = When::if_absent();
  EXPECT_EQ(backend->put("a", Bytes::copy_of("mine"), absent).get().path, "a");
  EXPECT_EQ(store->puts, 1u);
}

TEST_F(RetryTest, AConditionalPutThatLostToAnotherWriterFails) {
  store->decide = [this](std::string_view call, const std::string&) {
    if (call != "put" || calls() > 1) return Trouble::none;
    store->store("a", Bytes::copy_of("their"));  // a rival comes first, our first try breaks
    return Trouble::before;
  };
  PutOptions absent;
  absent.when = When::if_absent();
  const Result<Entry> result = mount()->put("a", Bytes::copy_of("mine!"), absent).result();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::precondition_failed);
  EXPECT_EQ(store->text("a"), "their");
}

TEST_F(RetryTest, APutWhoseAnswerWasLostIsNotStoredTwiceWhereRepetitionsAreGuarded) {
  store->mutable_caps().guarded_repeats = true;
  fail(1, Trouble::after);
  EXPECT_EQ(mount()->put("a", Bytes::copy_of("mine"), {}).get().path, "a");
  EXPECT_EQ(store->puts, 1u);
}

TEST_F(RetryTest, AGuardedPutThatWasNotDoneIsDoneAgainAlsoWhenARivalComesBetween) {
  store->mutable_caps().guarded_repeats = true;
  store->store("a", Bytes::copy_of("old"));
  int puts = 0;
  store->decide = [this, &puts](std::string_view call, const std::string&) {
    if (call != "put") return Trouble::none;
    if (++puts == 1) return Trouble::before;
    if (puts == 2) store->store("a", Bytes::copy_of("their"));  // after we have looked, and before we write
    return Trouble::none;
  };
  mount()->put("a", Bytes::copy_of("mine"), {}).get();
  EXPECT_EQ(store->text("a"), "mine");
  EXPECT_EQ(puts, 3);
}

TEST_F(RetryTest, AGuardedPutThatWasSurelyRefusedNeedsNoLook) {
  store->mutable_caps().guarded_repeats = true;
  fail(1, Trouble::refuse);
  mount()->put("a", Bytes::copy_of("mine"), {}).get();
  EXPECT_EQ(store->log, (std::vector<std::string>{"put a", "put a"}));
}

TEST_F(RetryTest, AReadThatBreaksGoesOnAtItsByte) {
  std::string content(300'000, 'a');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>('a' + i % 26);
  store->store("a", Bytes::copy_of(content));
  int cuts = 0;
  store->decide = [&cuts](std::string_view call, const std::string&) {
    return call == "bytes" && ++cuts % 3 == 2 ? Trouble::cut : Trouble::none;
  };
  const auto reader = mount()->read("a", {}).get();
  std::string got;
  std::vector<std::byte> buffer(50'000);
  for (;;) {
    const std::size_t size = reader->read_into(buffer).get();
    if (size == 0) break;
    got.append(reinterpret_cast<const char*>(buffer.data()), size);
  }
  EXPECT_EQ(got, content);
  EXPECT_EQ(mount()->read("a", {}).get()->read_all().get().view(), content);
}

TEST_F(RetryTest, AnObjectReplacedWhileItIsReadIsNeverSpliced) {
  for (const bool etags : {true, false}) {
    store->keeps_etags = etags;
    store->store("a", Bytes::copy_of(std::string(200'000, 'o')));
    bool cut = false;
    store->decide = [&](std::string_view call, const std::string&) {
      if (call != "bytes" || cut) return Trouble::none;
      cut = true;
      return Trouble::cut;
    };
    const auto reader = mount()->read("a", {}).get();
    std::vector<std::byte> buffer(200'000);
    ASSERT_GT(reader->read_into(buffer).get(), 0u);
    time.clock().advance(std::chrono::seconds(5));
    store->store("a", Bytes::copy_of(std::string(200'000, 'n')));
    const Result<std::size_t> result = reader->read_into(buffer).result();
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code(), ErrorCode::precondition_failed);
  }
}

TEST_F(RetryTest, AFlippedByteIsFetchedAgainAsLongAsNobodySawIt) {
  store->store("a", Bytes::copy_of("content"));
  int reads = 0;
  store->decide = [&](std::string_view call, const std::string&) {
    return call == "bytes" && ++reads == 1 ? Trouble::flip : Trouble::none;
  };
  EXPECT_EQ(mount()->read("a", {}).get()->read_all().get().view(), "content");
  reads = 0;
  const auto reader = mount()->read("a", {}).get();
  std::vector<std::byte> buffer(10);
  const Result<std::size_t> result = reader->read_into(buffer).result();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::corrupt);
}

TEST_F(RetryTest, ABodyThatNeverComesEndsInBoundedTime) {
  store->store("a", Bytes::copy_of("content"));
  store->decide = [](std::string_view call, const std::string&) {
    return call == "bytes" ? Trouble::stall : Trouble::none;
  };
  const Result<Bytes> result = mount()->read("a", {}).get()->read_all().result();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::timeout);
  EXPECT_LT(time.elapsed(), std::chrono::minutes(3));
}

TEST_F(RetryTest, PartsOfAnUploadAreRepeatedAlone) {
  int parts = 0;
  store->decide = [&](std::string_view call, const std::string&) {
    return call.starts_with("part") && ++parts == 2 ? Trouble::after : Trouble::none;
  };
  WriteLimits limits;
  limits.single_max = 1 << 20;
  const std::string content(3 << 20, 'p');
  put_body(*mount(), "a", Bytes::copy_of(content), {}, limits).get();
  EXPECT_EQ(store->text("a"), content);
  EXPECT_EQ(parts, 4);
}

TEST_F(RetryTest, ACompletionWhoseAnswerWasLostIsFoundAtItsTarget) {
  for (const When& when : {When::always(), When::if_absent()}) {
    store->objects.clear();
    store->puts = 0;
    int completions = 0;
    store->decide = [&](std::string_view call, const std::string&) {
      return call == "complete" && ++completions == 1 ? Trouble::after : Trouble::none;
    };
    PutOptions options;
    options.when = when;
    WriteLimits limits;
    limits.single_max = 1 << 20;
    put_body(*mount(), "a", Bytes::copy_of(std::string(3 << 20, 'p')), options, limits).get();
    EXPECT_EQ(store->puts, 1u);
    EXPECT_TRUE(store->uploads.empty());
  }
}

TEST_F(RetryTest, AnUploadThatVanishedWithoutCompletingIsAnErrorEvenWhenSomethingOldIsThere) {
  store->store("a", Bytes::copy_of(std::string(3 << 20, 'o')));  // of the same size
  time.clock().advance(std::chrono::hours(1));
  int completions = 0;
  store->decide = [&](std::string_view call, const std::string&) {
    if (call != "complete") return Trouble::none;
    if (++completions == 1) return Trouble::before;
    store->uploads.clear();
    return Trouble::none;
  };
  WriteLimits limits;
  limits.single_max = 1 << 20;
  EXPECT_FALSE(put_body(*mount(), "a", Bytes::copy_of(std::string(3 << 20, 'n')), {}, limits).result().ok());
  EXPECT_EQ(store->text("a")[0], 'o');
}

TEST_F(RetryTest, AStoppedOperationDoesNotWaitForItsNextTry) {
  fail(1 << 30, Trouble::before);
  RetryOptions options;
  options.base = options.cap = std::chrono::hours(1);
  options.total = std::chrono::hours(100);
  const auto backend = mount(options);
  std::optional<ErrorCode> code;
  Operation operation =
      backend->put("a", {}, {}).start({&time.loop(), 0}, [&](Result<Entry> r) { code = r.error().code(); });
  Loop::Drive driving(time.loop());
  for (int i = 0; i < 10 && store->log.empty(); ++i) time.loop().run_once();
  time.loop().run_once();
  operation.cancel();
  for (int i = 0; i < 10 && !code; ++i) time.loop().run_once();
  EXPECT_EQ(code, ErrorCode::cancelled);
}

}  // namespace
}  // namespace genro::storage

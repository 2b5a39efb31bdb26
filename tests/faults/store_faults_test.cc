// Faults of an object store behind a network: what the retry layer, readers, writers and listings make of them.
#include "backend/lister.h"
#include "backend/reader.h"
#include "backend/writer.h"
#include "fakes/fake_store.h"
#include "fakes/virtual_time.h"
#include "faults/fault_points.h"
#include "layers/retry.h"

namespace genro::storage::test {
namespace {

class PlainRandom final : public Random {
 public:
  std::uint64_t next() noexcept override { return state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL; }

 private:
  std::uint64_t state_ = 7;
};

std::string pattern(std::size_t size, int seed) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i)
    text[i] = static_cast<char>('a' + (i * 31 + i / 77 + static_cast<std::size_t>(seed)) % 26);
  return text;
}

constexpr std::size_t kLarge = 30'000;
const std::string kOld = pattern(5000, 1);
const std::string kSmallNew = pattern(3000, 2);
const std::string kLargeNew = pattern(kLarge, 3);

struct World {
  World() {
    store->part_bytes = 4096;
    store->chunk = 2048;
    store->page_size = 3;
    store->store("target", Bytes::copy_of(kOld));
    store->store("source", Bytes::copy_of(kLargeNew));
    for (int i = 0; i < 8; ++i) store->store("dir/" + std::to_string(i % 3) + "/" + std::to_string(i), Bytes());
    store->puts = 0;
  }
  VirtualTime time{Loop::Kind::reactor};
  PlainRandom random;
  Env env{&time.clock(), &random, nullptr, nullptr};
  std::shared_ptr<FakeStore> store = std::make_shared<FakeStore>(time.clock());
  std::shared_ptr<Backend> mount = with_retry(store, env);
  WriteLimits write_limits{8192, 3, 1 << 20};
  ReadLimits read_limits{8192, 4096, 3, 4096};
  std::string got;  // what the operation gave to its user
  std::uint64_t puts() const { return store->puts; }
  bool whole(const std::string& fresh) const {
    const auto target = store->objects.find("target");
    return target != store->objects.end() &&
           (target->second.content.view() == kOld || target->second.content.view() == fresh);
  }
  bool is(const std::string& fresh) const { return store->text("target") == fresh; }
};

using Scenario = ScenarioOn<World>;

Task<void> put_small(World& world) {
  Task<Entry> putting = world.mount->put("target", Bytes::copy_of(kSmallNew), {});
  co_await putting;
}
void check_small(World& world, bool succeeded) {
  EXPECT_TRUE(world.whole(kSmallNew));
  if (succeeded) {
    EXPECT_TRUE(world.is(kSmallNew));
  }
}

Task<void> put_if_absent(World& world) {
  PutOptions options;
  options.when = When::if_absent();
  Task<Entry> putting = world.mount->put("fresh", Bytes::copy_of(kSmallNew), options);
  co_await putting;
}
void check_absent(World& world, bool succeeded) {
  EXPECT_LE(world.puts(), 1u);
  if (succeeded) {
    EXPECT_EQ(world.store->text("fresh"), kSmallNew);
  }
}

Task<void> put_if_match(World& world) {
  PutOptions options;
  options.when = When::if_match(FakeStore::md5_hex(Bytes::copy_of(kOld)));
  Task<Entry> putting = put_body(*world.mount, "target", Bytes::copy_of(kLargeNew), options, world.write_limits);
  co_await putting;
}
void check_large(World& world, bool succeeded) {
  EXPECT_TRUE(world.whole(kLargeNew));
  if (succeeded) {
    EXPECT_TRUE(world.is(kLargeNew));
  }
}
void check_large_once(World& world, bool succeeded) {
  check_large(world, succeeded);
  EXPECT_LE(world.puts(), 1u);
}

Task<void> put_large(World& world) {
  Task<Entry> putting = put_body(*world.mount, "target", Bytes::copy_of(kLargeNew), {}, world.write_limits);
  co_await putting;
}

Task<void> write_stream(World& world) {
  Writer writer(world.mount, "target", {}, nullptr, world.write_limits);
  for (std::size_t at = 0; at < kLarge; at += 2500) {
    Task<void> writing = writer.write(Bytes::copy_of(kLargeNew.substr(at, 2500)));
    co_await writing;
  }
  Task<Entry> committing = writer.commit();
  co_await committing;
}

Task<void> producer_raises(World& world) {
  Writer writer(world.mount, "target", {}, nullptr, world.write_limits);
  for (std::size_t at = 0; at < 25'000; at += 2500) {
    Task<void> writing = writer.write(Bytes::copy_of(kLargeNew.substr(at, 2500)));
    co_await writing;
  }
  throw Error(ErrorCode::invalid_argument, "the producer has a bug");
}
void check_untouched(World& world, bool succeeded) {
  EXPECT_FALSE(succeeded);
  EXPECT_TRUE(world.is(kOld));
  EXPECT_EQ(world.puts(), 0u);
}

Task<void> copy_through(World& world) {
  Task<std::unique_ptr<Reader>> opening = open_reader(world.mount, "source", {}, world.read_limits);
  const std::unique_ptr<Reader> reader = co_await opening;
  Writer writer(world.mount, "target", {}, nullptr, world.write_limits);
  Task<std::uint64_t> copying = copy_stream(*reader, writer, 3000);
  co_await copying;
  Task<Entry> committing = writer.commit();
  co_await committing;
}

Task<void> read_whole(World& world) {
  Task<Bytes> reading = read_bytes(*world.mount, "source", {}, world.read_limits);
  const Bytes bytes = co_await reading;
  world.got = bytes.to_string();
}
Task<void> read_in_one(World& world) {
  Task<Bytes> reading = read_bytes(*world.mount, "source");
  const Bytes bytes = co_await reading;
  world.got = bytes.to_string();
}
Task<void> read_stream(World& world) {
  Task<std::unique_ptr<Reader>> opening = open_reader(world.mount, "source", {}, world.read_limits);
  const std::unique_ptr<Reader> reader = co_await opening;
  std::vector<std::byte> buffer(1500);
  for (;;) {
    Task<std::size_t> reading = reader->read_into(buffer);
    const std::size_t size = co_await reading;
    if (size == 0) break;
    world.got.append(reinterpret_cast<const char*>(buffer.data()), size);
  }
}
void check_read(World& world, bool succeeded) {
  // Also what a failing stream has given until then is true.
  EXPECT_TRUE(kLargeNew.starts_with(world.got));
  if (succeeded) {
    EXPECT_EQ(world.got.size(), kLarge);
  }
}

Task<void> read_pieces(World& world) {
  Task<std::vector<Bytes>> reading =
      read_ranges(*world.mount, "source", {{20'000, 20'100}, {0, 10}, {29'000, 31'000}}, {}, {8192, 4096, 3});
  const std::vector<Bytes> pieces = co_await reading;
  for (const Bytes& piece : pieces) world.got += piece.view();
}
void check_pieces(World& world, bool succeeded) {
  if (succeeded) {
    EXPECT_EQ(world.got, kLargeNew.substr(20'000, 100) + kLargeNew.substr(0, 10) + kLargeNew.substr(29'000));
  }
}

Task<void> list_all(World& world) {
  Lister lister(world.mount, "dir", {true, true, 0});
  Task<std::vector<Entry>> listing = lister.all();
  const std::vector<Entry> entries = co_await listing;
  world.got = std::to_string(entries.size());
}
void check_list(World& world, bool succeeded) {
  if (succeeded) {
    EXPECT_EQ(world.got, "11");
  }
}

Task<void> append_line(World& world) {
  Task<void> appending = world.mount->append("target", Bytes::copy_of("line"));
  co_await appending;
}
void check_append(World& world, bool succeeded) {
  EXPECT_TRUE(world.whole(kOld + "line"));
  if (succeeded) {
    EXPECT_TRUE(world.is(kOld + "line"));
  }
  EXPECT_LE(world.puts(), 1u);
}

Task<void> remove_and_stat(World& world) {
  Task<void> removing = world.mount->remove("target");
  co_await removing;
  Task<std::optional<Entry>> looking = world.mount->stat("target");
  const std::optional<Entry> entry = co_await looking;
  world.got = entry ? "there" : "gone";
}
void check_removed(World& world, bool succeeded) {
  if (succeeded) {
    EXPECT_EQ(world.got, "gone");
  }
  EXPECT_EQ(world.store->text("source"), kLargeNew);
}

constexpr Scenario kScenarios[] = {
    {"put", put_small, check_small},
    {"put_if_absent", put_if_absent, check_absent},
    {"multipart_if_match", put_if_match, check_large_once},
    {"multipart", put_large, check_large},
    {"stream", write_stream, check_large},
    {"producer_raises", producer_raises, check_untouched},
    {"copy_through", copy_through, check_large},
    {"read_parallel", read_whole, check_read},
    {"read_in_one", read_in_one, check_read},
    {"read_stream", read_stream, check_read},
    {"read_ranges", read_pieces, check_pieces},
    {"list", list_all, check_list},
    {"append", append_line, check_append},
    {"remove", remove_and_stat, check_removed},
};

/// What holds after every run, whatever failed.
void check_left(World& world, bool uploads_may_stay) {
  if (!uploads_may_stay) {
    EXPECT_TRUE(world.store->uploads.empty()) << "an upload was left open";
  }
  EXPECT_EQ(world.store->open_readers, 0);
  EXPECT_EQ(world.store->running, 0);
  EXPECT_EQ(world.store->text("source"), kLargeNew);
}

void run_with_fault(const Scenario& scenario, std::uint64_t nth, bool for_ever, Trouble trouble) {
  World world;
  world.store->plan = {nth, for_ever, trouble, 0};
  const bool succeeded = scenario.act(world).result().ok();
  world.time.drain();
  scenario.check(world, succeeded);
  // A server that refuses the abort itself, or everything from now on, keeps the upload.
  const bool refused_abort =
      trouble == Trouble::hard && nth <= world.store->log.size() && world.store->log[nth - 1].starts_with("abort");
  check_left(world, for_ever || refused_abort);
  EXPECT_LT(world.time.elapsed(), std::chrono::minutes(20)) << "every wait is bounded";
}

std::uint64_t calls_of(const Scenario& scenario) {
  World world;
  const bool succeeded = scenario.act(world).result().ok();
  world.time.drain();
  scenario.check(world, succeeded);
  EXPECT_EQ(succeeded, std::string_view(scenario.name) != "producer_raises");
  check_left(world, false);
  return world.store->plan.calls;
}

class StoreFaults : public testing::TestWithParam<Scenario> {};

TEST_P(StoreFaults, EveryCallMayFailInEveryWayAndTheRulesHold) {
  const Scenario& scenario = GetParam();
  const std::uint64_t calls = calls_of(scenario);
  for (const Trouble trouble : kTroubles) {
    for (std::uint64_t nth = 1; nth <= calls + 2; ++nth) {
      for (const bool for_ever : {false, true}) {
        run_point(std::string(scenario.name) + " trouble " + std::to_string(static_cast<int>(trouble)) + " at call " +
                      std::to_string(nth) + (for_ever ? " and after" : ""),
                  [&] { run_with_fault(scenario, nth, for_ever, trouble); });
        if (HasFailure()) return;
      }
    }
  }
}

/// Cancels after `turns` turns of the loop; false when it was done before.
bool run_cancelled(const Scenario& scenario, int turns) {
  World world;
  std::optional<bool> outcome;
  ErrorCode code = ErrorCode::internal;
  Operation operation = scenario.act(world).start({&world.time.loop(), 0}, [&](Result<void> result) {
    outcome = result.ok();
    if (!result.ok()) code = result.error().code();
  });
  {
    Loop::Drive driving(world.time.loop());
    for (int i = 0; i < turns && !outcome; ++i) world.time.loop().run_once();
  }
  const bool was_done = outcome.has_value();
  operation.cancel();
  world.time.drain();
  EXPECT_TRUE(outcome.has_value()) << "a cancelled operation ends";
  if (!was_done && !outcome.value_or(true)) {
    EXPECT_TRUE(code == ErrorCode::cancelled || code == ErrorCode::invalid_argument);
  }
  scenario.check(world, outcome.value_or(false));
  check_left(world, false);
  return !was_done;
}

TEST_P(StoreFaults, ItMayBeCancelledAtEveryTurnAndTheRulesHold) {
  const Scenario& scenario = GetParam();
  bool going_on = true;
  for (int turns = 0; going_on && !HasFailure(); ++turns) {
    run_point(std::string(scenario.name) + " cancelled after turn " + std::to_string(turns),
              [&] { going_on = run_cancelled(scenario, turns); });
  }
}

INSTANTIATE_TEST_SUITE_P(Store, StoreFaults, testing::ValuesIn(kScenarios),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace genro::storage::test

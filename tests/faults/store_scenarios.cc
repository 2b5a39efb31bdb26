#include "faults/store_scenarios.h"

#include <algorithm>

#include "backend/lister.h"
#include "backend/writer.h"

namespace genro::storage::test {

StoreWorld::StoreWorld() {
  network_world.network.serve("10.1.2.3", 80, [this](const FakeRequest& request) { return answer(request); });
}

void StoreWorld::fill() {
  store("source", source);
  for (const char* path : {"dir/0", "dir/1", "dir/2/x", "dir/3"}) store(path, "x");
  store("target", old);
}

void StoreWorld::replace_source() { store("source", *stored("source") == source ? other : source); }

FakeReply StoreWorld::answer(const FakeRequest& request) {
  log.push_back(request.method + " " + request.target);
  if (!next_fails()) return serve(request);
  switch (fault) {
    case Fault::slow_down:
    case Fault::server_error:
    case Fault::forbidden: return refusal(fault);
    case Fault::lost_request: return broken(FakeReply::http(200), 0);
    case Fault::lost_answer: return broken(serve(request), 0);
    case Fault::expired: expire(); break;
    case Fault::replaced: replace_source(); break;
    default: break;
  }
  return disturbed(serve(request), fault);
}

bool StoreWorld::may_stay(const Run& run) const {
  if (run.cancelled) return !log.empty() && begins(log.back());  // cancelled while it began
  if (nth == 0) return false;
  const std::string failed = nth <= log.size() ? log[nth - 1] : "";
  return for_ever || begins(failed) || (fault == Fault::forbidden && ends(failed));
}

void StoreWorld::check_left(const Run& run) {
  if (!may_stay(run)) {
    EXPECT_EQ(left_open(), "") << "something was left on the server";
  }
  const std::string* const kept = stored("source");
  ASSERT_TRUE(kept);
  EXPECT_TRUE(*kept == source || (fault == Fault::replaced && *kept == other));
  if (run.usual_calls != 0) {
    EXPECT_LE(calls, run.usual_calls * 10 + 10) << "a server that fails is not asked without end";
  }
  check_connections();
}

namespace {

// --- what is written ---

/// Old or new, and nothing in between.
void check_target(StoreWorld& world, bool succeeded, const std::string& wanted) {
  const std::string* const there = world.stored("target");
  ASSERT_TRUE(there) << "the target is gone";
  EXPECT_TRUE(*there == wanted || (!succeeded && *there == world.old)) << there->size() << " bytes are there";
}
void check_fresh(StoreWorld& world, bool succeeded) { check_target(world, succeeded, world.fresh); }
void check_once(StoreWorld& world, bool succeeded) {
  check_fresh(world, succeeded);
  EXPECT_LE(world.stores(), 1u);
}
void check_copied(StoreWorld& world, bool succeeded) {
  // Any of the two: the source may have been replaced before it was copied.
  const std::string* const there = world.stored("target");
  check_target(world, succeeded, there && *there == world.other ? world.other : world.source);
}
void check_appended(StoreWorld& world, bool succeeded) {
  check_target(world, succeeded, world.old + "line");
  EXPECT_LE(world.stores(), 1u);
}

Task<void> put(StoreWorld& world) {
  Task<Entry> putting = world.mount->put("target", Bytes::copy_of(world.fresh), {});
  co_await putting;
}
Task<void> put_if_match(StoreWorld& world) {
  PutOptions options;
  options.when = When::if_match(world.etag_of_target());
  Task<Entry> putting = world.mount->put("target", Bytes::copy_of(world.fresh), options);
  co_await putting;
}
Task<void> put_in_parts(StoreWorld& world) {
  Task<Entry> putting = put_body(*world.mount, "target", Bytes::copy_of(world.fresh), {}, world.write_limits);
  co_await putting;
}
Task<void> put_in_parts_if_match(StoreWorld& world) {
  PutOptions options;
  options.when = When::if_match(world.etag_of_target());
  Task<Entry> putting = put_body(*world.mount, "target", Bytes::copy_of(world.fresh), options, world.write_limits);
  co_await putting;
}
Task<void> write_stream(StoreWorld& world) {
  Writer writer(world.mount, "target", {}, nullptr, world.write_limits);
  const std::size_t step = world.fresh.size() / 12;
  for (std::size_t at = 0; at < world.fresh.size(); at += step) {
    Task<void> writing = writer.write(Bytes::copy_of(world.fresh.substr(at, step)));
    co_await writing;
  }
  Task<Entry> committing = writer.commit();
  co_await committing;
}
Task<void> copy_source(StoreWorld& world) {
  Task<Entry> copying = world.mount->copy("source", "target", {});
  co_await copying;
}
Task<void> append_line(StoreWorld& world) {
  Task<void> appending = world.mount->append("target", Bytes::copy_of("line"));
  co_await appending;
}

Task<void> remove_many(StoreWorld& world) {
  Task<std::vector<RemoveFailure>> removing = world.mount->remove_many({"dir/0", "dir/1", "dir/3"});
  const std::vector<RemoveFailure> failures = co_await removing;
  if (!failures.empty()) throw Error(failures.front().error);
}
void check_removed(StoreWorld& world, bool succeeded) {
  EXPECT_TRUE(world.stored("dir/2/x"));
  if (succeeded) {
    EXPECT_FALSE(world.stored("dir/0") || world.stored("dir/1") || world.stored("dir/3"));
  }
}

// --- what is read ---

Task<void> look(StoreWorld& world) {
  Task<std::optional<Entry>> looking = world.mount->stat("source");
  const std::optional<Entry> entry = co_await looking;
  world.got = entry ? std::to_string(entry->size) : "absent";
}
void check_look(StoreWorld& world, bool succeeded) {
  EXPECT_EQ(world.got, succeeded ? std::to_string(world.source.size()) : "");
}

Task<void> look_for_nothing(StoreWorld& world) {
  Task<std::optional<Entry>> looking = world.mount->stat("nothing");
  const std::optional<Entry> entry = co_await looking;
  world.got = entry ? "there" : "absent";
}
void check_nothing(StoreWorld& world, bool succeeded) { EXPECT_EQ(world.got, succeeded ? "absent" : ""); }

Task<void> read_in_one(StoreWorld& world) {
  Task<Bytes> reading = read_bytes(*world.mount, "source");
  const Bytes bytes = co_await reading;
  world.got = bytes.to_string();
}
Task<void> read_parallel(StoreWorld& world) {
  Task<Bytes> reading = read_bytes(*world.mount, "source", {}, world.read_limits);
  const Bytes bytes = co_await reading;
  world.got = bytes.to_string();
}
Task<void> read_stream(StoreWorld& world) {
  Task<std::unique_ptr<Reader>> opening = open_reader(world.mount, "source", {}, world.read_limits);
  const std::unique_ptr<Reader> reader = co_await opening;
  std::vector<std::byte> buffer(world.source.size() / 20);
  for (;;) {
    Task<std::size_t> reading = reader->read_into(buffer);
    const std::size_t size = co_await reading;
    if (size == 0) break;
    world.got.append(reinterpret_cast<const char*>(buffer.data()), size);
  }
}
/// Also what a failing stream has given until then is true: one of the two contents, never a mixture. Only the last bytes of
/// a stream may be false, which it tells when they have come.
void check_got(StoreWorld& world, bool succeeded) {
  const auto is_beginning = [&world](const std::string& content) { return content.starts_with(world.got); };
  const bool told = !succeeded && world.fault == Fault::flipped;
  EXPECT_TRUE(told || is_beginning(world.source) || is_beginning(world.other));
  if (succeeded) {
    EXPECT_EQ(world.got.size(), world.source.size());
  }
}

Task<void> read_pieces(StoreWorld& world) {
  const std::uint64_t size = world.source.size();
  std::vector<ByteRange> ranges{{size - 10'000, size - 9900}, {0, 10}, {size - 1000, size + 1000}};
  Task<std::vector<Bytes>> reading = read_ranges(*world.mount, "source", std::move(ranges), {}, {8192, 4096, 3});
  const std::vector<Bytes> pieces = co_await reading;
  for (const Bytes& piece : pieces) world.got += piece.view();
}
void check_pieces(StoreWorld& world, bool succeeded) {
  if (!succeeded || (world.fault == Fault::flipped && !world.sums_ranges)) return;
  const auto pieces_of = [](const std::string& content) {
    return content.substr(content.size() - 10'000, 100) + content.substr(0, 10) + content.substr(content.size() - 1000);
  };
  EXPECT_TRUE(world.got == pieces_of(world.source) || world.got == pieces_of(world.other));
}

Task<void> list_folder(StoreWorld& world) {
  Lister lister(world.mount, "dir", {false, false, 0});
  Task<std::vector<Entry>> listing = lister.all();
  const std::vector<Entry> entries = co_await listing;
  for (const Entry& entry : entries) world.got += entry.path + (entry.is_directory() ? "/ " : " ");
}
void check_list(StoreWorld& world, bool succeeded) {
  EXPECT_EQ(world.got, succeeded ? "dir/0 dir/1 dir/2/ dir/3 " : "");
}

constexpr StoreScenario kReading[] = {
    {{"stat", look, check_look}, true},
    {{"stat_of_nothing", look_for_nothing, check_nothing}, true},
    {{"read_in_one", read_in_one, check_got}, true},
    {{"read_parallel", read_parallel, check_got}, true},
    {{"read_stream", read_stream, check_got}, true},
    {{"read_ranges", read_pieces, check_pieces}, true},
    {{"list", list_folder, check_list}, true},
};
constexpr StoreScenario kWriting[] = {
    {{"put", put, check_fresh}},
    {{"put_if_match", put_if_match, check_once}},
    {{"put_in_parts", put_in_parts, check_fresh}},
    {{"put_in_parts_if_match", put_in_parts_if_match, check_once}},
    {{"write_stream", write_stream, check_fresh}},
    {{"copy", copy_source, check_copied}},
    {{"remove_many", remove_many, check_removed}},
};

}  // namespace

std::span<const StoreScenario> reading_scenarios() { return kReading; }
std::span<const StoreScenario> writing_scenarios() { return kWriting; }
std::vector<StoreScenario> all_scenarios() {
  std::vector<StoreScenario> all(std::begin(kReading), std::end(kReading));
  all.insert(all.end(), std::begin(kWriting), std::end(kWriting));
  return all;
}
void list_in_pages(StoreWorld& world, std::size_t files, std::uint32_t limit) {
  std::vector<std::string> expected;
  for (std::size_t i = 0; i < files; ++i) expected.push_back("many/file" + std::to_string(i));
  for (std::size_t i = 0; i < files / 10; ++i) expected.push_back("many/sub" + std::to_string(i));
  for (const std::string& path : expected) world.store(path.starts_with("many/sub") ? path + "/x" : path, "x");
  std::sort(expected.begin(), expected.end());
  world.cut_pages_at(1000);
  std::vector<std::string> found;
  ListOptions options;
  options.limit = limit;
  do {
    Result<Page> page = world.mount->list("many", options).result();
    ASSERT_TRUE(page.ok()) << page.error().what();
    for (const Entry& entry : page.value().entries) {
      EXPECT_EQ(entry.is_directory(), entry.path.starts_with("many/sub")) << entry.path;
      found.push_back(entry.path);
    }
    options.token = page.value().next_token;
  } while (!options.token.empty() && found.size() <= expected.size());
  std::sort(found.begin(), found.end());
  EXPECT_TRUE(found == expected) << found.size() << " of " << expected.size() << " in pages of " << limit;
  world.check_connections();
}

StoreScenario append_scenario() { return {{"append", append_line, check_appended}}; }

}  // namespace genro::storage::test

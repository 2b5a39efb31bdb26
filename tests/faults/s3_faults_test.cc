// Faults of the network between the S3 backend and its server, as bytes of HTTP in virtual time: answers that are lost, cut,
// stalled, slow or damaged, servers that ask to slow down. The whole stack runs: retry, backend, signing, HTTP client.
#include "auth/aws/credentials.h"
#include "backend/lister.h"
#include "backend/writer.h"
#include "backends/s3/s3.h"
#include "fakes/mini_s3.h"
#include "faults/network_faults.h"
#include "layers/retry.h"

namespace genro::storage::test {
namespace {

constexpr Fault kFaults[] = {Fault::slow_down, Fault::server_error, Fault::lost_request, Fault::lost_answer,
                             Fault::cut,       Fault::stall,        Fault::stalled_body, Fault::flipped,
                             Fault::slow,      Fault::closed,       Fault::forbidden};

const std::string kOld = pattern(5000, 1);
const std::string kNew = pattern(30'000, 3);

struct World : NetworkWorld {
  World() {
    s3.store("target", kOld);
    s3.store("source", kNew);
    for (int i = 0; i < 5; ++i) s3.store("dir/" + std::to_string(i), "x");
    s3.stores = 0;
    network_world.network.serve("10.1.2.3", 80, [this](const FakeRequest& request) { return answer(request); });
    s3::Config config;
    config.bucket = "bucket";
    config.region = "us-east-1";
    config.endpoint_url = "http://10.1.2.3";
    config.addressing = s3::Addressing::path;
    config.part_size = 4096;
    Credentials credentials;
    credentials.access_key = "key";
    credentials.secret_key = "secret";
    auto client = std::make_shared<s3::Client>(config, network_world.env, make_static_credentials(credentials));
    mount = with_retry(make_s3(std::move(client)), network_world.env);
  }

  FakeReply answer(const FakeRequest& request) {
    log.push_back(request.method + " " + request.target);
    if (!next_fails()) return s3(request);
    switch (fault) {
      case Fault::slow_down: return MiniS3::error(503, "SlowDown");
      case Fault::server_error: return MiniS3::error(500, "InternalError");
      case Fault::forbidden: return MiniS3::error(403, "AccessDenied");
      case Fault::lost_request: return broken(FakeReply::http(200), 0);
      case Fault::lost_answer: return broken(s3(request), 0);
      default: break;
    }
    FakeReply reply = disturbed(s3(request), fault);
    // A damaged body; heads without one stay as they are: nothing protects them.
    if (fault == Fault::flipped && !reply.bytes.ends_with("\r\n\r\n")) reply.flip_at = reply.bytes.size() - 2;
    return reply;
  }
  bool whole() const {
    const auto target = s3.objects.find("target");
    return target != s3.objects.end() && (target->second.content == kOld || target->second.content == kNew);
  }

  MiniS3 s3;
  std::vector<std::string> log;
  WriteLimits write_limits{8192, 3, 1 << 20};
};

using Scenario = ScenarioOn<World>;

void check_target(World& world, bool succeeded) {
  EXPECT_TRUE(world.whole());
  if (succeeded) {
    EXPECT_TRUE(world.s3.objects.at("target").content == kNew);
  }
}
void check_once(World& world, bool succeeded) {
  check_target(world, succeeded);
  EXPECT_LE(world.s3.stores, 1u);
}
void check_got(World& world, bool succeeded) {
  EXPECT_TRUE(kNew.starts_with(world.got));
  if (succeeded) {
    EXPECT_EQ(world.got.size(), kNew.size());
  }
}

Task<void> put(World& world) {
  Task<Entry> putting = world.mount->put("target", Bytes::copy_of(kNew), {});
  co_await putting;
}
Task<void> put_if_match(World& world) {
  PutOptions options;
  options.when = When::if_match(MiniS3::md5_hex(kOld));
  Task<Entry> putting = world.mount->put("target", Bytes::copy_of(kNew), options);
  co_await putting;
}
Task<void> multipart(World& world) {
  Task<Entry> putting = put_body(*world.mount, "target", Bytes::copy_of(kNew), {}, world.write_limits);
  co_await putting;
}
Task<void> multipart_if_match(World& world) {
  PutOptions options;
  options.when = When::if_match(MiniS3::md5_hex(kOld));
  Task<Entry> putting = put_body(*world.mount, "target", Bytes::copy_of(kNew), options, world.write_limits);
  co_await putting;
}
Task<void> stream_up(World& world) {
  Writer writer(world.mount, "target", {}, nullptr, world.write_limits);
  for (std::size_t at = 0; at < kNew.size(); at += 2500) {
    Task<void> writing = writer.write(Bytes::copy_of(kNew.substr(at, 2500)));
    co_await writing;
  }
  Task<Entry> committing = writer.commit();
  co_await committing;
}
Task<void> read_in_one(World& world) {
  Task<Bytes> reading = read_bytes(*world.mount, "source");
  const Bytes bytes = co_await reading;
  world.got = bytes.to_string();
}
Task<void> read_parallel(World& world) {
  Task<Bytes> reading = read_bytes(*world.mount, "source", {}, world.read_limits);
  const Bytes bytes = co_await reading;
  world.got = bytes.to_string();
}
Task<void> read_stream(World& world) {
  Task<std::unique_ptr<Reader>> opening = open_reader(world.mount, "source", {}, world.read_limits);
  const std::unique_ptr<Reader> reader = co_await opening;
  std::string got;
  std::vector<std::byte> buffer(1500);
  for (;;) {
    Task<std::size_t> reading = reader->read_into(buffer);
    const std::size_t size = co_await reading;
    if (size == 0) break;
    got.append(reinterpret_cast<const char*>(buffer.data()), size);
  }
  world.got = got;
}
Task<void> list(World& world) {
  Lister lister(world.mount, "", {true, false, 0});
  Task<std::vector<Entry>> listing = lister.all();
  const std::vector<Entry> entries = co_await listing;
  for (const Entry& entry : entries) world.got += entry.path + " ";
}
void check_list(World& world, bool succeeded) {
  if (succeeded) {
    EXPECT_EQ(world.got, "dir/0 dir/1 dir/2 dir/3 dir/4 source target ");
  }
}
Task<void> copy(World& world) {
  Task<Entry> copying = world.mount->copy("source", "target", {});
  co_await copying;
}
Task<void> remove_many(World& world) {
  Task<std::vector<RemoveFailure>> removing = world.mount->remove_many({"dir/0", "dir/1", "dir/2"});
  const std::vector<RemoveFailure> failures = co_await removing;
  if (!failures.empty()) throw Error(failures.front().error);
}
void check_removed(World& world, bool succeeded) {
  EXPECT_TRUE(world.s3.objects.contains("dir/3"));
  if (succeeded) {
    EXPECT_FALSE(world.s3.objects.contains("dir/0") || world.s3.objects.contains("dir/2"));
  }
}

constexpr Scenario kScenarios[] = {
    {"put", put, check_target},
    {"put_if_match", put_if_match, check_once},
    {"multipart", multipart, check_target},
    {"multipart_if_match", multipart_if_match, check_once},
    {"stream_up", stream_up, check_target},
    {"read_in_one", read_in_one, check_got},
    {"read_parallel", read_parallel, check_got},
    {"read_stream", read_stream, check_got},
    {"list", list, check_list},
    {"copy", copy, check_target},
    {"remove_many", remove_many, check_removed},
};

/// The server that lost its answer to "begin an upload" keeps one that nobody knows of; a refused abort keeps its own.
bool upload_may_stay(const World& world, const Run& run) {
  if (run.cancelled) return !world.log.empty() && world.log.back().ends_with("uploads=");  // cancelled while it began
  if (world.nth == 0) return false;
  const std::string failed = world.nth <= world.calls ? world.log[world.nth - 1] : "";
  const bool unknown = failed.starts_with("POST") && failed.ends_with("uploads=");
  return world.for_ever || unknown || (world.fault == Fault::forbidden && failed.starts_with("DELETE"));
}

void check_left(World& world, const Run& run) {
  if (!upload_may_stay(world, run)) {
    EXPECT_TRUE(world.s3.uploads.empty()) << "an upload was left open";
  }
  EXPECT_TRUE(world.s3.objects.at("source").content == kNew);
  world.check_connections();
}

class S3Faults : public testing::TestWithParam<Scenario> {};

TEST_P(S3Faults, EveryRequestMayFailInEveryWayAndTheRulesHold) {
  every_request_may_fail<World>(GetParam(), kFaults, check_left);
}

TEST_P(S3Faults, ItMayBeCancelledAtEveryTurnAndTheRulesHold) {
  it_may_be_cancelled_at_every_turn<World>(GetParam(), check_left);
}

INSTANTIATE_TEST_SUITE_P(S3, S3Faults, testing::ValuesIn(kScenarios),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace genro::storage::test

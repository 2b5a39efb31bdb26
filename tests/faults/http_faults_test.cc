// Faults of the network between the http backend and its web server, as bytes of HTTP in virtual time: answers that are lost,
// cut, stalled or slow, servers that ask to slow down, and a file that is replaced while it is read. The whole stack runs:
// retry, backend, redirects, HTTP client. Nothing protects against a flipped bit here: web servers send no checksums.
#include "backend/lister.h"
#include "backend/reader.h"
#include "backends/http/http.h"
#include "backends/http/options.h"
#include "fakes/fake_network.h"
#include "faults/fault_points.h"
#include "layers/retry.h"

namespace genro::storage::test {
namespace {

enum class Fault : unsigned char {
  slow_down,
  server_error,
  lost_request,
  lost_answer,
  cut,
  stall,
  stalled_body,
  slow,
  closed,
  forbidden,
  replaced
};
constexpr Fault kFaults[] = {Fault::slow_down, Fault::server_error, Fault::lost_request, Fault::lost_answer,
                             Fault::cut,       Fault::stall,        Fault::stalled_body, Fault::slow,
                             Fault::closed,    Fault::forbidden,    Fault::replaced};

std::string pattern(std::size_t size, std::size_t seed) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (i * 31 + i / 77 + seed) % 26);
  return text;
}
const std::string kContent = pattern(30'000, 1);
const std::string kOther = pattern(30'000, 2);  // what replaces it: as long, so that only its ETag tells

/// As much of a web server as the backend speaks with: one folder with an index, ranges, If-Match.
struct Site {
  std::string content = kContent;
  std::string etag = "\"1\"";

  FakeReply operator()(const FakeRequest& request) const {
    if (request.target == "/base/dir/") return FakeReply::http(200, index(), "Content-Type: text/html\r\n");
    if (request.target.starts_with("/base/dir/")) return file(request, "x", "\"x\"");
    return request.target == "/base/file" ? file(request, content, etag) : FakeReply::http(404);
  }

 private:
  static std::string index() {
    return "<a href=\"../\">../</a><a href=\"0\">0</a><a href=\"1\">1</a><a href=\"2/\">2/</a><a href=\"3\">3</a>";
  }
  static FakeReply file(const FakeRequest& request, const std::string& content, const std::string& etag) {
    const std::string lines = "ETag: " + etag + "\r\nLast-Modified: Tue, 14 Nov 2023 22:13:20 GMT\r\n";
    const std::string match = request.header("if-match");
    if (!match.empty() && match != etag) return FakeReply::http(412);
    if (request.method == "HEAD") {
      FakeReply reply = FakeReply::http(200, content, lines);
      reply.bytes.resize(reply.bytes.size() - content.size());
      return reply;
    }
    const std::string range = request.header("range");
    if (range.empty()) return FakeReply::http(200, content, lines);
    const std::size_t dash = range.find('-');
    const std::size_t begin = std::stoull(range.substr(6, dash - 6));
    const std::string end = range.substr(dash + 1);
    const std::size_t last =
        end.empty() ? content.size() - 1 : std::min<std::size_t>(std::stoull(end), content.size() - 1);
    return FakeReply::http(206, content.substr(begin, last - begin + 1),
                           lines + "Content-Range: bytes " + std::to_string(begin) + "-" + std::to_string(last) + "/" +
                               std::to_string(content.size()) + "\r\n");
  }
};

struct World {
  World() {
    network_world.network.serve("10.1.2.3", 80, [this](const FakeRequest& request) { return answer(request); });
    const MountOptions options("web", "http", {{"base_path", "http://10.1.2.3/base"}, {"index", true}},
                               http::kHttpOptions);
    mount = with_retry(make_http({options, network_world.env}), network_world.env);
  }

  FakeReply answer(const FakeRequest& request) {
    ++calls;
    if (nth == 0 || calls < nth || (calls > nth && !for_ever)) return site(request);
    switch (fault) {
      case Fault::slow_down: return FakeReply::http(503, "later", "Retry-After: 1\r\n");
      case Fault::server_error: return FakeReply::http(500, "oops");
      case Fault::forbidden: return FakeReply::http(403, "no");
      case Fault::lost_request: return broken(FakeReply::http(200), 0);
      case Fault::lost_answer: return broken(site(request), 0);
      case Fault::replaced: replace(); break;
      default: break;
    }
    FakeReply reply = site(request);
    if (fault == Fault::cut) return broken(std::move(reply), reply.bytes.size() - reply.bytes.size() / 3);
    if (fault == Fault::stall) reply.stall_after = 0;
    if (fault == Fault::stalled_body) reply.stall_after = reply.bytes.size() - reply.bytes.size() / 3;
    if (fault == Fault::slow) reply.delay = std::chrono::seconds(10);
    if (fault == Fault::closed) reply.close = true;
    return reply;
  }
  static FakeReply broken(FakeReply reply, std::size_t after) {
    reply.cut_after = after;
    reply.reset = true;
    return reply;
  }
  /// For ever: again with each request, so that no two answers are of the same content.
  void replace() {
    site.content = site.content == kContent ? kOther : kContent;
    site.etag = "\"" + std::to_string(calls + 1) + "\"";
  }
  void drain() {
    Loop::Drive driving(network_world.loop);
    try {
      for (;;) network_world.loop.run_once();
    } catch (const std::logic_error&) {
    }
  }

  FakeWorld network_world{Loop::Kind::reactor};
  Site site;
  std::uint64_t nth = 0;
  bool for_ever = false;
  Fault fault = Fault::slow_down;
  std::uint64_t calls = 0;
  std::shared_ptr<Backend> mount;
  ReadLimits read_limits{8192, 4096, 3, 4096};
  std::string got;
};

using Scenario = ScenarioOn<World>;

/// One of the two contents, from its beginning: never a mixture.
void check_got(World& world, bool succeeded) {
  EXPECT_TRUE(kContent.starts_with(world.got) || kOther.starts_with(world.got));
  if (succeeded) {
    EXPECT_EQ(world.got.size(), kContent.size());
  }
}

Task<void> look(World& world) {
  Task<std::optional<Entry>> looking = world.mount->stat("file");
  const std::optional<Entry> entry = co_await looking;
  world.got = entry ? std::to_string(entry->size) : "absent";
}
void check_look(World& world, bool succeeded) { EXPECT_EQ(world.got, succeeded ? "30000" : ""); }

Task<void> look_for_nothing(World& world) {
  Task<std::optional<Entry>> looking = world.mount->stat("nothing");
  const std::optional<Entry> entry = co_await looking;
  world.got = entry ? "there" : "absent";
}
void check_nothing(World& world, bool succeeded) { EXPECT_EQ(world.got, succeeded ? "absent" : ""); }

Task<void> read_in_one(World& world) {
  Task<Bytes> reading = read_bytes(*world.mount, "file");
  const Bytes bytes = co_await reading;
  world.got = bytes.to_string();
}
Task<void> read_parallel(World& world) {
  Task<Bytes> reading = read_bytes(*world.mount, "file", {}, world.read_limits);
  const Bytes bytes = co_await reading;
  world.got = bytes.to_string();
}
Task<void> read_stream(World& world) {
  Task<std::unique_ptr<Reader>> opening = open_reader(world.mount, "file", {}, world.read_limits);
  const std::unique_ptr<Reader> reader = co_await opening;
  std::vector<std::byte> buffer(1500);
  for (;;) {
    Task<std::size_t> reading = reader->read_into(buffer);
    const std::size_t size = co_await reading;
    if (size == 0) break;
    world.got.append(reinterpret_cast<const char*>(buffer.data()), size);
  }
}
Task<void> read_pieces(World& world) {
  Task<std::vector<Bytes>> reading =
      read_ranges(*world.mount, "file", {{20'000, 20'100}, {0, 10}, {29'000, 31'000}}, {}, {8192, 4096, 3});
  const std::vector<Bytes> pieces = co_await reading;
  for (const Bytes& piece : pieces) world.got += piece.view();
}
void check_pieces(World& world, bool succeeded) {
  if (!succeeded) return;
  const auto pieces_of = [](const std::string& content) {
    return content.substr(20'000, 100) + content.substr(0, 10) + content.substr(29'000);
  };
  EXPECT_TRUE(world.got == pieces_of(kContent) || world.got == pieces_of(kOther));
}

Task<void> list(World& world) {
  Lister lister(world.mount, "dir", {false, false, 0});
  Task<std::vector<Entry>> listing = lister.all();
  const std::vector<Entry> entries = co_await listing;
  for (const Entry& entry : entries) world.got += entry.path + (entry.is_directory() ? "/ " : " ");
}
void check_list(World& world, bool succeeded) { EXPECT_EQ(world.got, succeeded ? "dir/0 dir/1 dir/2/ dir/3 " : ""); }

constexpr Scenario kScenarios[] = {
    {"stat", look, check_look},
    {"stat_of_nothing", look_for_nothing, check_nothing},
    {"read_in_one", read_in_one, check_got},
    {"read_parallel", read_parallel, check_got},
    {"read_stream", read_stream, check_got},
    {"read_ranges", read_pieces, check_pieces},
    {"list", list, check_list},
};

void check_left(World& world) {
  EXPECT_LT(world.network_world.elapsed(), std::chrono::minutes(30)) << "every wait is bounded";
  world.mount.reset();
  world.drain();  // connections are closed by the loop that owns them
  EXPECT_EQ(world.network_world.network.open_now(), 0u) << "connections are left open";
}

class HttpFaults : public testing::TestWithParam<Scenario> {};

TEST_P(HttpFaults, EveryRequestMayFailInEveryWayAndTheRulesHold) {
  const Scenario& scenario = GetParam();
  std::uint64_t calls = 0;
  {
    World world;
    const Result<void> result = scenario.act(world).result();
    ASSERT_TRUE(result.ok()) << result.error().what();
    world.drain();
    scenario.check(world, true);
    calls = world.calls;
    check_left(world);
  }
  for (const Fault fault : kFaults) {
    for (std::uint64_t nth = 1; nth <= calls + 1; ++nth) {
      for (const bool for_ever : {false, true}) {
        const std::string name = std::string(scenario.name) + " fault " + std::to_string(static_cast<int>(fault)) +
                                 " at request " + std::to_string(nth) + (for_ever ? " and after" : "");
        run_point(name, [&] {
          World world;
          world.nth = nth;
          world.for_ever = for_ever;
          world.fault = fault;
          const bool succeeded = scenario.act(world).result().ok();
          world.drain();
          scenario.check(world, succeeded);
          EXPECT_LE(world.calls, calls * 10) << "a server that fails is not asked without end";
          check_left(world);
        });
        if (HasFailure()) return;
      }
    }
  }
}

TEST_P(HttpFaults, ItMayBeCancelledAtEveryTurnAndTheRulesHold) {
  const Scenario& scenario = GetParam();
  bool going_on = true;
  for (int turns = 0; going_on && !HasFailure(); ++turns) {
    run_point(std::string(scenario.name) + " cancelled after turn " + std::to_string(turns), [&] {
      World world;
      std::optional<bool> outcome;
      Operation operation = scenario.act(world).start({&world.network_world.loop, 0},
                                                      [&](Result<void> result) { outcome = result.ok(); });
      {
        Loop::Drive driving(world.network_world.loop);
        for (int i = 0; i < turns && !outcome; ++i) world.network_world.loop.run_once();
      }
      going_on = !outcome.has_value();
      operation.cancel();
      world.drain();
      ASSERT_TRUE(outcome.has_value()) << "a cancelled operation ends";
      scenario.check(world, *outcome);
      check_left(world);
    });
  }
}

INSTANTIATE_TEST_SUITE_P(Http, HttpFaults, testing::ValuesIn(kScenarios),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace genro::storage::test

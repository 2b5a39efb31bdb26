// Faults of the network between the http backend and its web server, as bytes of HTTP in virtual time: answers that are lost,
// cut, stalled or slow, servers that ask to slow down, and a file that is replaced while it is read. The whole stack runs:
// retry, backend, redirects, HTTP client. Nothing protects against a flipped bit here: web servers send no checksums.
#include "backend/lister.h"
#include "backends/http/http.h"
#include "backends/http/options.h"
#include "faults/network_faults.h"
#include "layers/retry.h"

namespace genro::storage::test {
namespace {

constexpr Fault kFaults[] = {Fault::slow_down, Fault::server_error, Fault::lost_request, Fault::lost_answer,
                             Fault::cut,       Fault::stall,        Fault::stalled_body, Fault::slow,
                             Fault::closed,    Fault::forbidden,    Fault::replaced};

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

struct World : NetworkWorld {
  World() {
    network_world.network.serve("10.1.2.3", 80, [this](const FakeRequest& request) { return answer(request); });
    const MountOptions options("web", "http", {{"base_path", "http://10.1.2.3/base"}, {"index", true}},
                               http::kHttpOptions);
    mount = with_retry(make_http({options, network_world.env}), network_world.env);
  }

  FakeReply answer(const FakeRequest& request) {
    if (!next_fails()) return site(request);
    switch (fault) {
      case Fault::slow_down: return FakeReply::http(503, "later", "Retry-After: 1\r\n");
      case Fault::server_error: return FakeReply::http(500, "oops");
      case Fault::forbidden: return FakeReply::http(403, "no");
      case Fault::lost_request: return broken(FakeReply::http(200), 0);
      case Fault::lost_answer: return broken(site(request), 0);
      case Fault::replaced: replace(); break;
      default: break;
    }
    return disturbed(site(request), fault);
  }
  /// For ever: again with each request, so that no two answers are of the same content.
  void replace() {
    site.content = site.content == kContent ? kOther : kContent;
    site.etag = "\"" + std::to_string(calls + 1) + "\"";
  }

  Site site;
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

void check_left(World& world, const Run& run) {
  if (run.usual_calls != 0) {
    EXPECT_LE(world.calls, run.usual_calls * 10) << "a server that fails is not asked without end";
  }
  EXPECT_LT(world.network_world.elapsed(), std::chrono::minutes(30)) << "every wait is bounded";
  world.check_connections();
}

class HttpFaults : public testing::TestWithParam<Scenario> {};

TEST_P(HttpFaults, EveryRequestMayFailInEveryWayAndTheRulesHold) {
  every_request_may_fail<World>(GetParam(), kFaults, check_left);
}

TEST_P(HttpFaults, ItMayBeCancelledAtEveryTurnAndTheRulesHold) {
  it_may_be_cancelled_at_every_turn<World>(GetParam(), check_left);
}

INSTANTIATE_TEST_SUITE_P(Http, HttpFaults, testing::ValuesIn(kScenarios),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace genro::storage::test

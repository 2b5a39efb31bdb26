// Faults of the network between the gcs backend and its server, as bytes of HTTP in virtual time. The whole stack runs: retry,
// backend, tokens of a login that expire, HTTP client.
#include "auth/google/credentials.h"
#include "backends/gcs/gcs.h"
#include "fakes/mini_gcs.h"
#include "faults/store_scenarios.h"
#include "layers/retry.h"

namespace genro::storage::test {
namespace {

constexpr Fault kFaults[] = {Fault::slow_down, Fault::server_error, Fault::lost_request, Fault::lost_answer,
                             Fault::cut,       Fault::cut_at_end,   Fault::too_long,     Fault::too_short,
                             Fault::stall,     Fault::stalled_body, Fault::flipped,      Fault::slow,
                             Fault::closed,    Fault::forbidden,    Fault::expired,      Fault::replaced};

struct GcsWorld final : ObjectStoreWorld<MiniGcs> {
  explicit GcsWorld(std::uint64_t part_size = MiniGcs::kUnit) {
    fresh = pattern(2 * MiniGcs::kUnit + 1000, 3);
    write_limits = {MiniGcs::kUnit, 3, 1 << 20};
    network_world.network.serve("127.0.0.1", 80, [this](const FakeRequest&) { return server.give_token(); });
    gcs::Config config;
    config.bucket = "bucket";
    config.server = Uri::parse("http://10.1.2.3");
    config.part_size = part_size;
    GoogleContext context;
    context.env = &network_world.env;
    auto credentials = std::make_shared<GoogleCredentials>(
        std::move(context), GoogleLogin{GoogleLogin::Kind::document,
                                        R"({"type": "authorized_user", "client_id": "c", "client_secret": "s",)"
                                        R"( "refresh_token": "r", "token_uri": "http://127.0.0.1/token"})"});
    auto client = std::make_shared<gcs::Client>(std::move(config), network_world.env, std::move(credentials));
    mount = with_retry(make_gcs(std::move(client)), network_world.env);
    fill();
  }

  FakeReply refusal(Fault fault) override {
    if (fault == Fault::slow_down) return MiniGcs::error(429, "rateLimitExceeded");
    return fault == Fault::forbidden ? MiniGcs::error(403, "forbidden") : MiniGcs::error(500, "backendError");
  }
  void expire() override { ++server.token; }
  std::string etag_of_target() const override { return std::to_string(server.objects.at("target").generation); }
  std::string left_open() const override { return server.sessions.empty() ? "" : "an upload"; }
  bool begins(const std::string& line) const override {
    return line.starts_with("POST") && line.find("uploadType=resumable") != std::string::npos;
  }
};

GENRO_STORE_FAULTS(GcsFaults, GcsWorld, all_scenarios(), kFaults);

/// An upload of which the server stores no more than `units` of one request before the connection breaks; or it stores all or
/// nothing, and answers nothing.
struct CutUpload {
  CutUpload(std::uint64_t request, std::size_t units, bool arrives) {
    world.network_world.network.serve("10.1.2.3", 80, [=, this](const FakeRequest& asked) {
      const bool part = asked.method == "PUT" && !asked.body.empty();
      if (!part || ++parts != request) return world.server(asked);
      FakeRequest some = asked;
      some.body.resize(std::min(some.body.size(), units * MiniGcs::kUnit));
      return broken(arrives ? world.server(some) : FakeReply::http(200), 0);
    });
  }
  GcsWorld world{2 * MiniGcs::kUnit};
  std::uint64_t parts = 0;
};

void upload_and_check(CutUpload& cut, const std::string& content) {
  GcsWorld& world = cut.world;
  Task<Entry> putting = put_body(*world.mount, "target", Bytes::copy_of(content), {}, {MiniGcs::kUnit, 3, 16 << 20});
  const Result<Entry> result = std::move(putting).result();
  world.drain();
  ASSERT_TRUE(result.ok()) << result.error().what();
  EXPECT_TRUE(*world.stored("target") == content);
  EXPECT_EQ(world.stores(), 1u);
  EXPECT_EQ(world.left_open(), "");
  world.check_connections();
}

TEST(GcsUploads, ThatAreCutAtAnyUnitGoOnWhereTheServerStandsAndEndWhole) {
  constexpr std::size_t kUnits = 6;  // two in each request
  const std::string content = pattern(kUnits * MiniGcs::kUnit + 1000, 3);
  for (std::uint64_t request = 1; request <= kUnits / 2 + 1; ++request) {
    for (std::size_t units = 0; units <= 2; ++units) {
      for (const bool arrives : {false, true}) {
        run_point("request " + std::to_string(request) + " cut after unit " + std::to_string(units) +
                      (arrives ? ", answer lost" : ", lost"),
                  [&] {
                    CutUpload cut(request, units, arrives);
                    upload_and_check(cut, content);
                  });
      }
    }
  }
}

}  // namespace
}  // namespace genro::storage::test

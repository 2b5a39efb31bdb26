// Faults of the network between the S3 backend and its server, as bytes of HTTP in virtual time. The whole stack runs: retry,
// backend, signing, HTTP client.
#include "auth/aws/credentials.h"
#include "backends/s3/s3.h"
#include "fakes/mini_s3.h"
#include "faults/store_scenarios.h"
#include "layers/retry.h"

namespace genro::storage::test {
namespace {

constexpr Fault kFaults[] = {Fault::slow_down, Fault::server_error, Fault::lost_request, Fault::lost_answer,
                             Fault::cut,       Fault::cut_at_end,   Fault::too_long,     Fault::too_short,
                             Fault::stall,     Fault::stalled_body, Fault::flipped,      Fault::slow,
                             Fault::closed,    Fault::forbidden,    Fault::replaced};

struct S3World final : ObjectStoreWorld<MiniS3> {
  S3World() {
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
    fill();
  }

  FakeReply refusal(Fault fault) override {
    if (fault == Fault::slow_down) return MiniS3::error(503, "SlowDown");
    return fault == Fault::forbidden ? MiniS3::error(403, "AccessDenied") : MiniS3::error(500, "InternalError");
  }
  std::string etag_of_target() const override { return server.objects.at("target").etag; }
  std::string left_open() const override { return server.uploads.empty() ? "" : "an upload"; }
  bool begins(const std::string& line) const override { return line.starts_with("POST") && line.ends_with("uploads="); }
};

GENRO_STORE_FAULTS(S3Faults, S3World, all_scenarios(), kFaults);

}  // namespace
}  // namespace genro::storage::test

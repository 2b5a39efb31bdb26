// Faults of the network between the github backend and its server, as bytes of HTTP in virtual time. The whole stack runs:
// retry, backend, redirects, HTTP client. What is read in parts has no checksum; what is read whole is a blob of that name.
#include "backends/github/github.h"
#include "backends/github/options.h"
#include "fakes/mini_github.h"
#include "faults/store_scenarios.h"
#include "layers/retry.h"

namespace genro::storage::test {
namespace {

constexpr Fault kFaults[] = {Fault::slow_down, Fault::server_error, Fault::lost_request, Fault::lost_answer,
                             Fault::cut,       Fault::cut_at_end,   Fault::too_long,     Fault::too_short,
                             Fault::stall,     Fault::stalled_body, Fault::slow,         Fault::closed,
                             Fault::forbidden, Fault::replaced};
constexpr Fault kDamage[] = {Fault::flipped};

struct GithubWorld final : StoreWorld {
  GithubWorld() {
    constexpr std::size_t kLarge = 300'000;  // of which the backend sends on what has come
    source = pattern(kLarge, 5);
    other = pattern(kLarge, 6);
    read_limits = {80'000, 60'000, 3, 60'000};
    const MountOptions options(
        "hub", "github",
        {{"org", "org"}, {"repo", "repo"}, {"endpoint_url", "http://10.1.2.3"}, {"refresh", 0}, {"token", "t"}},
        github::kGithubOptions);
    mount = with_retry(make_github({options, network_world.env}), network_world.env);
    fill();
  }

  FakeReply serve(const FakeRequest& request) override { return server(request); }
  FakeReply refusal(Fault fault) override {
    if (fault == Fault::slow_down) return FakeReply::http(429, R"({"message":"a limit"})", "Retry-After: 2\r\n");
    return fault == Fault::forbidden ? FakeReply::http(403, R"({"message":"no"})")
                                     : FakeReply::http(500, R"({"message":"oops"})");
  }
  void store(const std::string& path, std::string content) override { server.store(path, std::move(content)); }
  const std::string* stored(const std::string& path) const override {
    const auto found = server.objects.find(path);
    return found == server.objects.end() ? nullptr : &found->second;
  }

  MiniGithub server;
};

std::vector<StoreScenario> whole_reads() {
  std::vector<StoreScenario> some;
  for (const StoreScenario& each : reading_scenarios()) {
    const std::string_view name = each.name;
    if (name == "read_in_one" || name == "list" || name == "stat") some.push_back(each);
  }
  return some;
}

GENRO_STORE_FAULTS(GithubFaults, GithubWorld, reading_scenarios(), kFaults);
GENRO_STORE_FAULTS(GithubDamage, GithubWorld, whole_reads(), kDamage);

}  // namespace
}  // namespace genro::storage::test

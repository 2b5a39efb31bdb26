// Faults of the network between the azure backend and its server, as bytes of HTTP in virtual time. The whole stack runs:
// retry, backend, tokens that expire, HTTP client. Blocks that were put and not committed are the service's to drop.
#include "backends/azure/azure.h"
#include "fakes/mini_azure.h"
#include "faults/store_scenarios.h"
#include "layers/retry.h"

namespace genro::storage::test {
namespace {

constexpr Fault kFaults[] = {Fault::slow_down, Fault::server_error, Fault::lost_request, Fault::lost_answer,
                             Fault::cut,       Fault::cut_at_end,   Fault::too_long,     Fault::too_short,
                             Fault::stall,     Fault::stalled_body, Fault::flipped,      Fault::slow,
                             Fault::closed,    Fault::forbidden,    Fault::expired,      Fault::replaced};

struct AzureWorld : ObjectStoreWorld<MiniAzure> {
  AzureWorld() {
    sums_ranges = true;
    azure::Config config;
    config.login.account = "account";
    config.container = "container";
    config.endpoint = "http://10.1.2.3";
    config.part_size = 4096;
    const auto fetch = [this]() -> Task<azure::Token> { return fetched(&server.token); };
    auto tokens = std::make_shared<azure::Tokens>(*network_world.env.clock, fetch);
    auto client = std::make_shared<azure::Client>(std::move(config), network_world.env, std::move(tokens));
    mount = with_retry(make_azure(std::move(client)), network_world.env);
    fill();
  }
  static Task<azure::Token> fetched(const std::uint64_t* newest) {
    co_return azure::Token{"t" + std::to_string(*newest), kNeverExpires};
  }

  FakeReply refusal(Fault fault) override {
    if (fault == Fault::slow_down) return MiniAzure::error(503, "ServerBusy");
    return fault == Fault::forbidden ? MiniAzure::error(403, "AuthorizationFailure")
                                     : MiniAzure::error(500, "InternalError");
  }
  void expire() override { ++server.token; }
  std::string etag_of_target() const override { return server.etag("target"); }
};

/// Whose target is one that only grows.
struct AppendWorld final : AzureWorld {
  AppendWorld() {
    server.store("target", MiniAzure::Blob{old, 0, "AppendBlob"});
    --server.stores;
  }
};

const StoreScenario kAppend[] = {append_scenario()};

GENRO_STORE_FAULTS(AzureFaults, AzureWorld, all_scenarios(), kFaults);
GENRO_STORE_FAULTS(AzureBlockBlobFaults, AzureWorld, kAppend, kFaults);
GENRO_STORE_FAULTS(AzureAppendBlobFaults, AppendWorld, kAppend, kFaults);

}  // namespace
}  // namespace genro::storage::test

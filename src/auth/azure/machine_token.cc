// Tokens of managed identities: App Service and its kin say where by IDENTITY_ENDPOINT, virtual machines and clusters answer
// at the address of the instance metadata service. Nobody answering there means "no such machine", which must be found out fast.
// https://learn.microsoft.com/en-us/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
#include <utility>

#include "auth/azure/token_source.h"
#include "codec/percent.h"

namespace genro::storage::azure {
namespace {

constexpr std::string_view kResource = "resource=https%3A%2F%2Fstorage.azure.com%2F";
constexpr const char* kMachineSource = "the managed identity";
constexpr Duration kAnswerWithin = std::chrono::seconds(3);

SmallRequest identity_request(const TokenContext& context) {
  SmallRequest request;
  const std::string endpoint = context.variables("IDENTITY_ENDPOINT");
  const std::string header = context.variables("IDENTITY_HEADER");
  if (!endpoint.empty() && header.empty())
    throw Error(ErrorCode::unsupported,
                "tokens of Azure Arc's agent, which lie in a file of root's, are not asked for");
  if (!endpoint.empty()) {
    request.url = endpoint + (endpoint.find('?') == std::string::npos ? "?" : "&") + "api-version=2019-08-01&";
    request.headers.emplace_back("X-IDENTITY-HEADER", header);
  } else {
    std::string host = context.variables("AZURE_POD_IDENTITY_AUTHORITY_HOST");
    if (host.empty()) host = "http://169.254.169.254";
    while (host.ends_with('/')) host.pop_back();
    request.url = host + "/metadata/identity/oauth2/token?api-version=2018-02-01&";
    request.headers.emplace_back("Metadata", "true");
  }
  request.url += kResource;
  if (const std::string& client = context.identity.client_id; !client.empty())
    request.url += "&client_id=" + percent_encode(client, PercentSet::component);
  request.timeout = kAnswerWithin;
  request.skip_proxy = true;
  return request;
}

}  // namespace

Task<Token> token_of_machine(TokenContext context) {
  Task<SmallAnswer> asking = small_request(*context.env, identity_request(context));
  Result<SmallAnswer> asked = co_await asking.as_result();
  if (!asked.ok()) {
    const ErrorCode code = asked.error().code();
    if (code != ErrorCode::connection && code != ErrorCode::timeout) std::rethrow_exception(asked.exception());
    throw token_failure(kMachineSource,
                        "this machine has none. Give the mount 'account_key', 'sas_token', 'connection_string', "
                        "'client_id' with 'client_secret', or 'anon: true' for a public container");
  }
  co_return token_of_answer(kMachineSource, asked.value(), context.env->clock->wall_ns());
}

}  // namespace genro::storage::azure

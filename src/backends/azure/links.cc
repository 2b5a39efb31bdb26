#include "backends/azure/links.h"

#include <cmath>
#include <utility>

#include "auth/azure/sas.h"
#include "backends/azure/blob.h"
#include "codec/percent.h"

namespace genro::storage::azure {
namespace {

SasGrant grant_of(UrlOptions& options, std::int64_t now) {
  SasGrant grant;
  grant.permissions = options.method == "PUT" ? "cw" : "r";
  grant.expires = sas_time(now + static_cast<std::int64_t>(std::llround(options.expires_in)) * 1'000'000'000);
  for (auto& [name, value] : options.parameters) {
    if (!set_parameter(name, std::move(value), grant))
      throw Error(ErrorCode::invalid_argument, "a link cannot have the parameter '" + name + "'");
  }
  return grant;
}

}  // namespace

Task<std::string> signed_url(std::shared_ptr<Client> client, std::string path, UrlOptions options) {
  const Config& config = client->config();
  SasGrant grant = grant_of(options, client->wall_ns());
  const std::string key = client->key_of(path);
  std::string url = client->public_address(key);
  Query query;
  add_version(options.version, query);
  if (!query.empty()) {
    grant_version(query, grant);
    url.append("?").append(query.front().first).append("=").append(percent_encode(grant.moment, PercentSet::path));
  }
  const char mark = query.empty() ? '?' : '&';
  if (config.login.key)
    co_return url.append(1, mark).append(service_sas(*config.login.key, config.container + "/" + key, grant));
  if (client->has_tokens()) {
    const auto life = static_cast<std::int64_t>(std::llround(options.expires_in)) * 1'000'000'000;
    Task<std::shared_ptr<const DelegationKey>> asking = client->delegation_key(client->wall_ns() + life);
    const std::shared_ptr<const DelegationKey> delegated = co_await asking;
    co_return url.append(1, mark).append(
        delegation_sas(config.login.account, *delegated, config.container + "/" + key, grant));
  }
  if (config.login.sas.empty()) co_return url;  // of a public container
  throw Error(ErrorCode::unsupported, "url", path,
              "a signature cannot be made with another one, and is not passed on: give the mount the account's key");
}

}  // namespace genro::storage::azure

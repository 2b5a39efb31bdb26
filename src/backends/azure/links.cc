#include "backends/azure/links.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "auth/azure/sas.h"
#include "backends/azure/blob.h"
#include "codec/percent.h"

namespace genro::storage::azure {
namespace {

struct Parameter {
  std::string_view name;
  std::string_view in_query;  // as a signature has it, which is taken, too
  std::string SasGrant::* field;
};
constexpr std::array kParameters = std::to_array<Parameter>({
    {"cache_control", "rscc", &SasGrant::cache_control},
    {"content_disposition", "rscd", &SasGrant::content_disposition},
    {"content_encoding", "rsce", &SasGrant::content_encoding},
    {"content_language", "rscl", &SasGrant::content_language},
    {"content_type", "rsct", &SasGrant::content_type},
    {"ip", "sip", &SasGrant::addresses},
    {"protocol", "spr", &SasGrant::protocol},
    {"start", "st", &SasGrant::starts},
});

SasGrant grant_of(UrlOptions& options, std::int64_t now) {
  SasGrant grant;
  grant.permissions = options.method == "PUT" ? "cw" : "r";
  grant.expires = sas_time(now + static_cast<std::int64_t>(std::llround(options.expires_in)) * 1'000'000'000);
  for (auto& [name, value] : options.parameters) {
    const auto at = std::find_if(kParameters.begin(), kParameters.end(),
                                 [&](const Parameter& known) { return known.name == name || known.in_query == name; });
    if (at == kParameters.end())
      throw Error(ErrorCode::invalid_argument, "a link cannot have the parameter '" + name + "'");
    grant.*(at->field) = std::move(value);
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

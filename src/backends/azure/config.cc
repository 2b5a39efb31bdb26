#include "backends/azure/config.h"

#include <algorithm>
#include <utility>

#include "auth/azure/connection_string.h"
#include "backend/http/http_settings.h"
#include "backend/http/store_place.h"
#include "core/path.h"
#include "net/uri.h"
#include "text/utf8.h"

namespace genro::storage::azure {
namespace {

LoginOptions login_options(const MountOptions& options) {
  LoginOptions given;
  given.account = read_store_name(options, "account_name", "account", "", 63);
  given.connection_string = options.text("connection_string");
  given.account_key = options.text("account_key");
  given.sas_token = options.text("sas_token");
  given.credential = options.text("credential").value_or("auto");
  given.identity.tenant_id = options.text("tenant_id").value_or("");
  given.identity.client_id = options.text("client_id").value_or("");
  given.identity.client_secret = options.text("client_secret").value_or("");
  given.identity.certificate = options.text("client_certificate").value_or("");
  given.identity.token_file = options.text("federated_token_file").value_or("");
  given.anonymous = options.flag("anon").value_or(false);
  return given;
}

Login read_login(const MountOptions& options, const Environment& variables) {
  LoginOptions given = login_options(options);
  try {
    return complete_login(std::move(given), variables);
  } catch (const Error& error) {
    throw options.wrong(error.where(), error.message());
  }
}

void take_endpoint(const MountOptions& options, Config& config) {
  const std::string given = options.text("endpoint_url").value_or("");
  config.endpoint = given.empty() ? config.login.endpoint : given;
  if (config.endpoint.empty()) config.endpoint = blob_endpoint_of(config.login.account);
  while (config.endpoint.ends_with('/')) config.endpoint.pop_back();
  try {
    const Uri uri = Uri::parse(config.endpoint);
    static_cast<void>(HttpEndpoint::from(uri));
    const bool here = uri.host == "127.0.0.1" || uri.host == "localhost" || uri.host == "::1";
    if (config.login.identity.kind != IdentityKind::none && uri.scheme != "https" && !here)
      throw Error(ErrorCode::config, "a token is not sent over plain http");
    if (uri.has_query || !uri.user_info.empty()) throw Error(ErrorCode::config, "more than a place");
  } catch (const Error&) {  // its message may echo a password inside the URL
    throw options.wrong(given.empty() ? "connection_string" : "endpoint_url",
                        "must have a URL with http or https, and with https where tokens are sent");
  }
}

}  // namespace

Config parse_config(const MountOptions& options, const Environment& variables) {
  Config config;
  config.container = read_store_name(options, "container", "container", "$", 63);
  config.prefix = read_key_prefix(options);
  if (!path::is_clean(config.prefix.empty() ? "" : std::string_view(config.prefix).substr(0, config.prefix.size() - 1)))
    throw options.wrong("base_path", "must have no empty part, '.' or '..'");
  if (find_invalid_utf8(config.prefix) != std::string_view::npos) throw options.wrong("base_path", "must be UTF-8");
  config.login = read_login(options, variables);
  take_endpoint(options, config);
  config.lease_id = options.text("lease_id").value_or("");
  config.access_tier = options.text("access_tier").value_or("");
  config.store_md5 = options.flag("store_md5").value_or(false);
  config.version_aware = options.flag("version_aware").value_or(false);
  config.delete_snapshots = options.flag("delete_snapshots").value_or(false);
  config.verify_downloads = options.flag("verify_downloads").value_or(true);
  config.http = read_http(options);
  if (const auto size = options.integer("part_size")) {
    if (*size < 1 || *size > static_cast<std::int64_t>(kLimits.part_size_max))
      throw options.wrong("part_size", "must be 1 byte to 4000 MiB, in bytes");
    config.part_size = static_cast<std::uint64_t>(*size);
  }
  return config;
}

}  // namespace genro::storage::azure

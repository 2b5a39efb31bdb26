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

std::string without_question(std::string sas) {
  if (sas.starts_with('?')) sas.erase(0, 1);
  return sas;
}

void take_key(const MountOptions& options, std::string_view option, std::string_view text, Config& config) {
  if (text.empty()) return;
  std::optional<SharedKey> key = SharedKey::parse(config.account, text);
  if (!key) throw options.wrong(option, "must have the account's key in base64");
  config.key = std::make_shared<const SharedKey>(std::move(*key));
}

// Of the configuration, or of the environment where that speaks of the same account.
void take_connection_string(const MountOptions& options, const std::string& text, bool ours, Config& config) {
  ConnectionString parsed;
  try {
    parsed = parse_connection_string(text);
  } catch (const Error& error) {
    throw options.wrong("connection_string", error.message());
  }
  if (parsed.account != config.account) {
    if (!ours) return;
    throw options.wrong("account_name", "must be the account of the connection string");
  }
  config.endpoint = parsed.blob_endpoint;
  config.sas = parsed.sas;
  take_key(options, "connection_string", parsed.account_key, config);
}

void take_environment(const MountOptions& options, const Environment& variables, Config& config) {
  const auto either = [&variables](const char* name, const char* other) {
    std::string value = variables(name);
    return value.empty() ? variables(other) : value;
  };
  const std::string account = either("AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_ACCOUNT_NAME");
  if (!account.empty() && account != config.account) return;  // its credentials are another account's
  if (const std::string text = variables("AZURE_STORAGE_CONNECTION_STRING"); !text.empty()) {
    take_connection_string(options, text, false, config);
    if (config.key || !config.sas.empty()) return;
  }
  take_key(options, "account_key", either("AZURE_STORAGE_KEY", "AZURE_STORAGE_ACCOUNT_KEY"), config);
  if (!config.key) config.sas = without_question(either("AZURE_STORAGE_SAS_TOKEN", "AZURE_STORAGE_SAS"));
}

Identity identity_of(const MountOptions& options) {
  Identity identity;
  identity.tenant_id = options.text("tenant_id").value_or("");
  identity.client_id = options.text("client_id").value_or("");
  identity.client_secret = options.text("client_secret").value_or("");
  identity.certificate = options.text("client_certificate").value_or("");
  identity.token_file = options.text("federated_token_file").value_or("");
  const std::string kind = options.text("credential").value_or("auto");
  if (kind == "client_secret") identity.kind = IdentityKind::client_secret;
  if (kind == "certificate") identity.kind = IdentityKind::certificate;
  if (kind == "workload") identity.kind = IdentityKind::workload;
  if (kind == "managed") identity.kind = IdentityKind::managed;
  if (kind == "cli") {
    throw options.wrong("credential",
                        "cannot be 'cli': its tokens are the user's, encrypted and in a form that changes; give a "
                        "client's secret, or 'sas_token' from `az storage container generate-sas`");
  }
  return identity;
}

// Tokens are asked for where there is nothing else, or where the configuration says so.
void take_identity(const MountOptions& options, const Environment& variables, Config& config) {
  Identity identity = identity_of(options);
  const bool named = identity.kind != IdentityKind::none || !identity.client_id.empty();
  if (!named && (config.key || !config.sas.empty())) return;
  try {
    config.identity = complete_identity(std::move(identity), variables);
  } catch (const Error& error) {
    throw options.wrong("credential", error.message());
  }
  config.key = nullptr;
  config.sas.clear();
}

void take_credentials(const MountOptions& options, const Environment& variables, Config& config) {
  if (const auto text = options.text("connection_string")) take_connection_string(options, *text, true, config);
  if (const auto key = options.text("account_key")) take_key(options, "account_key", *key, config);
  if (const auto sas = options.text("sas_token")) config.sas = without_question(*sas);
  if (options.flag("anon").value_or(false)) {
    config.key = nullptr;
    config.sas.clear();
    return;
  }
  if (!config.key && config.sas.empty()) take_environment(options, variables, config);
  take_identity(options, variables, config);
  if (config.key) config.sas.clear();  // the key can do all that a signature can
}

void take_endpoint(const MountOptions& options, Config& config) {
  const std::string given = options.text("endpoint_url").value_or("");
  if (!given.empty()) config.endpoint = given;
  if (config.endpoint.empty()) config.endpoint = blob_endpoint_of(config.account);
  while (config.endpoint.ends_with('/')) config.endpoint.pop_back();
  try {
    const Uri uri = Uri::parse(config.endpoint);
    static_cast<void>(HttpEndpoint::from(uri));
    const bool here = uri.host == "127.0.0.1" || uri.host == "localhost" || uri.host == "::1";
    if (config.identity.kind != IdentityKind::none && uri.scheme != "https" && !here)
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
  config.account = read_store_name(options, "account_name", "account", "", 63);
  config.prefix = read_key_prefix(options);
  if (!path::is_clean(config.prefix.empty() ? "" : std::string_view(config.prefix).substr(0, config.prefix.size() - 1)))
    throw options.wrong("base_path", "must have no empty part, '.' or '..'");
  if (find_invalid_utf8(config.prefix) != std::string_view::npos) throw options.wrong("base_path", "must be UTF-8");
  take_credentials(options, variables, config);
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

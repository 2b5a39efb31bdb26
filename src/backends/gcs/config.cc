#include "backends/gcs/config.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "backend/http/http_settings.h"
#include "backend/http/store_place.h"
#include "codec/iso8601.h"
#include "text/utf8.h"

namespace genro::storage::gcs {
namespace {

using Json = nlohmann::json;

Json json_of(const ConfigValue& value) {
  if (const auto* map = std::get_if<ConfigMap>(&value.get())) {
    Json object = Json::object();
    for (const auto& [name, member] : *map) object[name] = json_of(member);
    return object;
  }
  if (const auto* list = std::get_if<ConfigList>(&value.get())) {
    Json array = Json::array();
    for (const ConfigValue& item : *list) array.push_back(json_of(item));
    return array;
  }
  if (const std::string* text = value.string()) return *text;
  if (const auto* number = std::get_if<std::int64_t>(&value.get())) return *number;
  if (const auto* number = std::get_if<double>(&value.get())) return *number;
  if (const auto* flag = std::get_if<bool>(&value.get())) return *flag;
  return nullptr;
}

void read_token(const MountOptions& options, Config& config) {
  const ConfigValue* value = options.find("token");
  if (!value) return;
  if (std::holds_alternative<ConfigMap>(value->get())) {
    config.login = {GoogleLogin::Kind::document, json_of(*value).dump(-1, ' ', false, Json::error_handler_t::replace)};
    return;
  }
  const std::string* text = value->string();
  if (!text) throw options.wrong("token", "must be a path, 'anon', 'cloud', or the content of a key file as a mapping");
  if (*text == "anon") {
    config.anonymous = true;
  } else if (*text == "cloud") {
    config.login.kind = GoogleLogin::Kind::metadata;
  } else if (*text == "browser" || *text == "cache") {
    throw options.wrong("token",
                        "must not ask a person: run 'gcloud auth application-default login' once, and leave it out");
  } else if (text->starts_with('{')) {
    config.login = {GoogleLogin::Kind::document, *text};
  } else if (!text->empty() && *text != "google_default") {
    config.login = {GoogleLogin::Kind::file, *text};
  }
}

/// The server, and whether an emulator of the environment's is meant: none of those knows anybody.
void read_server(const MountOptions& options, const Environment& variable, Config& config) {
  std::string url = options.text("endpoint_url").value_or("");
  const bool own = !url.empty();
  if (!own) {
    url = variable("STORAGE_EMULATOR_HOST");
    if (!url.empty()) {
      if (url.find("://") == std::string::npos) url = "http://" + url;
      if (!options.find("token")) config.anonymous = true;
    }
  }
  if (url.empty()) url = "https://storage.googleapis.com";
  try {
    config.server = Uri::parse(url);
    static_cast<void>(HttpEndpoint::from(config.server));
  } catch (const Error&) {  // its message may echo a password inside the URL
    if (own) throw options.wrong("endpoint_url", "must be a URL with http or https");
    throw Error(ErrorCode::config, "STORAGE_EMULATOR_HOST must be a host and port, or a URL with http or https");
  }
  while (config.server.path.ends_with('/')) config.server.path.pop_back();
}

void read_stored_fields(const MountOptions& options, Config& config) {
  config.storage_class = options.text("storage_class").value_or("");
  config.cache_control = options.text("cache_control").value_or("");
  config.kms_key = options.text("kms_key").value_or("");
  config.custom_time = options.text("custom_time").value_or("");
  if (!config.custom_time.empty() && config.custom_time != "now" && !parse_iso8601(config.custom_time)) {
    throw options.wrong("custom_time", "must be 'now', or a time such as '2026-01-31T12:00:00Z'");
  }
}

}  // namespace

std::string_view name_fault(std::string_view name) noexcept {
  if (find_invalid_utf8(name) != std::string_view::npos) return "names of objects must be UTF-8";
  if (name.find_first_of("\r\n") != std::string_view::npos) return "names of objects can have no line ends";
  if (name == "." || name == "..") return "'.' and '..' can be no names of objects";
  if (name.starts_with(".well-known/acme-challenge/")) return "names in .well-known/acme-challenge/ are reserved";
  if (name.size() > kLongestName) return "names of objects can have no more than 1024 bytes";
  return {};
}

Config parse_config(const MountOptions& options, const Environment& variable) {
  Config config;
  config.bucket = read_store_name(options, "bucket", "bucket", "._", 222);
  config.prefix = read_key_prefix(options);
  if (!name_fault(config.prefix).empty()) throw options.wrong("base_path", "must be UTF-8 without line ends");
  read_token(options, config);
  read_server(options, variable, config);
  config.user_project = options.text("user_project").value_or("");
  config.hmac_key = options.text("hmac_key").value_or("");
  config.hmac_secret = options.text("hmac_secret").value_or("");
  if (config.hmac_key.empty() && !config.hmac_secret.empty()) throw options.missing("hmac_key");
  if (!config.hmac_key.empty() && config.hmac_secret.empty()) throw options.missing("hmac_secret");
  config.verify_downloads = options.flag("verify_downloads").value_or(true);
  config.hierarchical = options.flag("hierarchical");
  config.soft_deleted = options.flag("soft_deleted").value_or(false);
  config.version_aware = options.flag("version_aware").value_or(config.soft_deleted);
  read_stored_fields(options, config);
  if (const auto size = options.integer("part_size")) {
    const auto unit = static_cast<std::int64_t>(kLimits.part_size_min);
    if (*size < unit || *size > static_cast<std::int64_t>(kLimits.part_size_max) || *size % unit != 0) {
      throw options.wrong("part_size", "must be a multiple of 262144 bytes, 1 GiB at most");
    }
    config.part_size = static_cast<std::uint64_t>(*size);
  }
  config.http = read_http(options);
  return config;
}

bool same_account(const Config& a, const Config& b) noexcept {
  return a.server.safe_text() == b.server.safe_text() && a.anonymous == b.anonymous && a.login.kind == b.login.kind &&
         a.login.text == b.login.text && a.user_project == b.user_project;
}

}  // namespace genro::storage::gcs

#include "backends/http/config.h"

#include <optional>
#include <utility>

#include "auth/netrc.h"
#include "backend/http/http_settings.h"
#include "codec/base64.h"
#include "genro/storage/error.h"

namespace genro::storage::http {
namespace {

void add_own_fields(const MountOptions& options, HttpRequest& to) {
  const ConfigValue* value = options.find("headers");
  if (!value) return;
  const auto* fields = std::get_if<ConfigMap>(&value->get());
  constexpr std::string_view kMust = "must be a mapping of header names to strings";
  for (const auto& [name, content] : *fields) {
    if (!content.string()) throw options.wrong("headers", kMust);
    try {
      to.add_header(name, *content.string());
    } catch (const Error&) {
      throw options.wrong("headers", kMust);
    }
  }
}

std::optional<std::string> netrc_login(const MountOptions& options, const std::string& host) {
  const ConfigValue* value = options.find("netrc");
  if (!value) return std::nullopt;
  const bool* flag = std::get_if<bool>(&value->get());
  if (flag && !*flag) return std::nullopt;
  const std::optional<Login> login = read_netrc_login(flag ? std::string() : *value->string(), host);
  return login ? std::optional(login->user + ":" + login->password) : std::nullopt;
}

/// "user:password" of the mount's keys, else of the netrc file.
std::optional<std::string> login_of(const MountOptions& options, const Uri& base) {
  const std::optional<std::string> user = options.text("username");
  if (user) return *user + ":" + options.text("password").value_or("");
  return netrc_login(options, base.host);
}

}  // namespace

Config parse_config(const MountOptions& options) {
  Config config;
  config.base = read_base_url(options, "base_path");
  config.index = options.flag("index").value_or(false);
  config.http = read_http(options);
  HttpRequest fields;
  add_own_fields(options, fields);
  if (const std::optional<std::string> token = options.text("token")) {
    fields.add_header("authorization", "Bearer " + *token);
  } else if (const std::optional<std::string> login = login_of(options, config.base)) {
    fields.add_header("authorization", "Basic " + base64_encode(*login));
  }
  config.fields = std::move(fields.headers);
  return config;
}

}  // namespace genro::storage::http

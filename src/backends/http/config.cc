#include "backends/http/config.h"

#include <optional>
#include <utility>

#include "auth/netrc.h"
#include "backend/http/http_settings.h"
#include "codec/base64.h"
#include "genro/storage/error.h"
#include "net/redirect.h"

namespace genro::storage::http {
namespace {

Uri base_of(const MountOptions& options) {
  const std::string text = options.required_text("base_path");
  try {
    Uri uri = Uri::parse(ascii_url(text));
    static_cast<void>(HttpEndpoint::from(uri));
    if (!uri.user_info.empty()) throw Error(ErrorCode::config, "a password");
    while (uri.path.ends_with('/')) uri.path.pop_back();
    return uri;
  } catch (const Error&) {  // its message may echo what is in the URL
    throw options.wrong("base_path",
                        "must be a URL with http or https, without user and password, which have their keys");
  }
}

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

void read_certificate(const MountOptions& options, TlsOptions& tls) {
  const ConfigValue* value = options.find("cert");
  if (!value) return;
  const auto* pair = std::get_if<ConfigList>(&value->get());
  const bool two = pair && pair->size() == 2 && (*pair)[0].string() && (*pair)[1].string();
  if (!value->string() && !two)
    throw options.wrong("cert", "must be the path of a PEM file, or those of a certificate and its key");
  tls.client_certificate = two ? *(*pair)[0].string() : *value->string();
  if (two) tls.client_key = *(*pair)[1].string();
}

}  // namespace

Config parse_config(const MountOptions& options) {
  Config config;
  config.base = base_of(options);
  config.index = options.flag("index").value_or(false);
  config.http = read_http(options);
  read_certificate(options, config.http.tls);
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

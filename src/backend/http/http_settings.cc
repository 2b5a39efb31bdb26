#include "backend/http/http_settings.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "net/proxy.h"
#include "net/redirect.h"

namespace genro::storage {
namespace {

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

Uri read_base_url(const MountOptions& options, std::string_view key) {
  const std::string text = options.required_text(key);
  try {
    Uri uri = Uri::parse(ascii_url(text));
    static_cast<void>(HttpEndpoint::from(uri));
    if (!uri.user_info.empty()) throw Error(ErrorCode::config, "a password");
    while (uri.path.ends_with('/')) uri.path.pop_back();
    return uri;
  } catch (const Error&) {  // its message may echo what is in the URL
    throw options.wrong(key, "must be a URL with http or https, without user and password, which have their keys");
  }
}

HttpOptions read_http(const MountOptions& options) {
  HttpOptions http;
  const auto duration = [&options](std::string_view key, Duration otherwise) {
    const std::optional<double> value = options.number(key);
    if (!value) return otherwise;
    if (!(*value > 0) || *value > 86400) throw options.wrong(key, "must be a number of seconds above 0");
    return seconds(*value);
  };
  http.connect_timeout = duration("connect_timeout", http.connect_timeout);
  http.first_byte_timeout = duration("timeout", http.first_byte_timeout);
  http.inactivity_timeout = duration("timeout", http.inactivity_timeout);
  http.tls.verify = options.flag("verify_ssl").value_or(true);
  http.tls.ca_file = options.text("ca_file").value_or("");
  read_certificate(options, http.tls);
  http.proxy = options.text("proxy").value_or("");
  try {
    if (!http.proxy.empty()) choose_proxy(http.proxy, {}, system_environment);
  } catch (const Error&) {  // its message may echo a password
    throw options.wrong("proxy", "must be 'direct' or a URL with http");
  }
  if (const auto count = options.integer("max_connections")) {
    if (*count < 1 || *count > 100'000) throw options.wrong("max_connections", "must be at least 1");
    http.max_connections = static_cast<std::size_t>(*count);
  }
  return http;
}

}  // namespace genro::storage

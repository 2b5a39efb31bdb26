#include "backend/http/http_settings.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "net/proxy.h"

namespace genro::storage {

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

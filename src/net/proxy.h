// Proxy: whether an endpoint is reached through an HTTP proxy, by option or by environment as the Python libraries read
// it: http_proxy, https_proxy, all_proxy, no_proxy in either case, lower case first; HTTP_PROXY not in a CGI program.
// Used by HttpPool. Its password goes into one header and nowhere else.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "net/uri.h"

namespace genro::storage {

struct Proxy {
  std::string host;  ///< "" = direct
  std::uint16_t port = 0;
  std::string authorization;  ///< Value of Proxy-Authorization, "" = none
  bool used() const noexcept { return !host.empty(); }
  std::string name() const;  ///< "the proxy host:port", for messages
  bool operator==(const Proxy&) const = default;
};

using Environment = std::function<std::string(const char* name)>;  ///< "" when not set
std::string system_environment(const char* name);

/// `option`: "" = by environment, "direct" = none, else the proxy's URL. Throws config for a URL that is no HTTP proxy.
Proxy choose_proxy(const std::string& option, const HttpEndpoint& endpoint, const Environment& environment);

/// Whether no_proxy's list covers the host: "*", names and their subdomains, addresses, IPv4 and IPv6 networks in CIDR form, ":port".
bool bypasses_proxy(std::string_view no_proxy, const HttpEndpoint& endpoint);

}  // namespace genro::storage

#include "net/proxy.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <optional>

#include "codec/base64.h"
#include "codec/percent.h"
#include "genro/storage/error.h"
#include "net/ascii.h"

namespace genro::storage {
namespace {

struct RawAddress {
  std::array<unsigned char, 16> bytes{};
  std::size_t size = 0;
};

std::optional<RawAddress> raw_address(std::string_view text) {
  RawAddress raw;
  const std::string copy(text);
  if (inet_pton(AF_INET, copy.c_str(), raw.bytes.data()) == 1) {
    raw.size = 4;
  } else if (inet_pton(AF_INET6, copy.c_str(), raw.bytes.data()) == 1) {
    raw.size = 16;
  } else {
    return std::nullopt;
  }
  return raw;
}

bool in_network(const RawAddress& address, std::string_view network) {
  const std::size_t slash = network.find('/');
  if (slash == std::string_view::npos) return false;
  const std::optional<RawAddress> base = raw_address(network.substr(0, slash));
  unsigned bits = 0;
  const std::string_view length = network.substr(slash + 1);
  const auto [end, status] = std::from_chars(length.data(), length.data() + length.size(), bits);
  if (!base || base->size != address.size || status != std::errc() || end != length.data() + length.size() ||
      bits > base->size * 8)
    return false;
  for (std::size_t i = 0; i < base->size && bits > 0; ++i) {
    const unsigned mask = bits >= 8 ? 0xffU : (0xff00U >> bits) & 0xffU;
    if (((base->bytes[i] ^ address.bytes[i]) & mask) != 0) return false;
    bits -= std::min(bits, 8U);
  }
  return true;
}

bool name_matches(std::string_view item, std::string_view host) {
  if (item.starts_with("*.")) item.remove_prefix(1);
  if (item.starts_with('.')) item.remove_prefix(1);
  if (item.empty() || host.size() < item.size()) return false;
  const std::string_view tail = host.substr(host.size() - item.size());
  return equal_ignoring_case(tail, item) && (tail.size() == host.size() || host[host.size() - item.size() - 1] == '.');
}

bool item_matches(std::string_view item, const HttpEndpoint& endpoint) {
  if (item == "*") return true;
  if (item.starts_with('[')) {  // "[::1]" or "[::1]:9000"
    const std::size_t close = item.find(']');
    if (close == std::string_view::npos) return false;
    const std::string_view port = item.substr(close + 1);
    return item.substr(1, close - 1) == endpoint.host && (port.empty() || port == ":" + std::to_string(endpoint.port));
  }
  const std::optional<RawAddress> address = raw_address(endpoint.host);
  if (address && in_network(*address, item)) return true;
  if (const std::size_t colon = item.find(':');
      colon != std::string_view::npos && item.find(':', colon + 1) == std::string_view::npos) {
    if (item.substr(colon + 1) != std::to_string(endpoint.port)) return false;
    item = item.substr(0, colon);
  }
  return address ? item == endpoint.host : name_matches(item, endpoint.host);
}

std::string first_set(const Environment& environment, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (std::string value = environment(name); !value.empty()) return value;
  }
  return {};
}

Proxy proxy_of(std::string text) {
  if (text.find("://") == std::string::npos) text.insert(0, "http://");
  try {
    const Uri uri = Uri::parse(text);
    if (uri.scheme != "http" || uri.host.empty()) throw Error(ErrorCode::config, "only http:// proxies are supported");
    Proxy proxy{uri.host, uri.port ? uri.port : std::uint16_t{80}, {}};
    if (!uri.user_info.empty()) {
      const std::optional<std::string> user = percent_decode(uri.user_info);
      proxy.authorization = "Basic " + base64_encode(user ? *user : uri.user_info);
    }
    return proxy;
  } catch (const Error& error) {
    throw Error(ErrorCode::config,
                "the proxy's URL cannot be used: " + error.message());  // without the URL: it may hold a password
  }
}

}  // namespace

std::string Proxy::name() const { return "the proxy " + host_and_port(host, port); }

std::string system_environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

bool bypasses_proxy(std::string_view no_proxy, const HttpEndpoint& endpoint) {
  while (!no_proxy.empty()) {
    const std::size_t end = std::min(no_proxy.find_first_of(", \t"), no_proxy.size());
    if (end > 0 && item_matches(no_proxy.substr(0, end), endpoint)) return true;
    no_proxy.remove_prefix(std::min(end + 1, no_proxy.size()));
  }
  return false;
}

Proxy choose_proxy(const std::string& option, const HttpEndpoint& endpoint, const Environment& environment) {
  if (option == "direct") return {};
  if (!option.empty()) return proxy_of(option);
  std::string found = first_set(environment, {endpoint.tls ? "https_proxy" : "http_proxy"});
  if (found.empty() && endpoint.tls) found = environment("HTTPS_PROXY");
  // In a CGI program, which REQUEST_METHOD tells, the "Proxy" header of a request would set HTTP_PROXY.
  if (found.empty() && !endpoint.tls && environment("REQUEST_METHOD").empty()) found = environment("HTTP_PROXY");
  if (found.empty()) found = first_set(environment, {"all_proxy", "ALL_PROXY"});
  if (found.empty() || bypasses_proxy(first_set(environment, {"no_proxy", "NO_PROXY"}), endpoint)) return {};
  return proxy_of(std::move(found));
}

}  // namespace genro::storage

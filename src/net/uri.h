// Uri: an absolute or relative reference cut into its parts (RFC 3986), and HttpEndpoint: where an HTTP client connects.
// Used by backends for their endpoint options, by proxies and redirects. Parts stay percent-encoded: decode them yourself.
// Never print a Uri with user_info or a signed query: use safe_text().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace genro::storage {

struct Uri {
  std::string scheme;      ///< lower case, "" for a relative reference
  std::string user_info;   ///< "user:password", still encoded
  std::string host;        ///< lower case; an IPv6 address without its brackets
  std::uint16_t port = 0;  ///< 0 = none given
  std::string path;        ///< still encoded, "" or "/…"
  std::string query;       ///< without "?"
  bool has_authority = false;
  bool has_query = false;

  /// Throws invalid_argument for text that is no reference (spaces, control characters, a bad port, a missing bracket).
  static Uri parse(std::string_view text);
  /// The reference resolved against this base (RFC 3986 section 5.2).
  Uri resolve(const Uri& reference) const;
  /// Path and query as a request target; at least "/".
  std::string target() const;
  /// Scheme, host, port and path, without user and query: fit for messages.
  std::string safe_text() const;
};

/// The other end of a connection: what a pool is kept for.
struct HttpEndpoint {
  bool tls = false;
  std::string host;  ///< lower case, IPv6 without brackets
  std::uint16_t port = 0;

  /// From a URL with scheme http or https; throws invalid_argument else. Path and query are ignored.
  static HttpEndpoint from(const Uri& uri);
  static HttpEndpoint parse(std::string_view url) { return from(Uri::parse(url)); }
  /// The value of the Host header: no port where it is the scheme's own, IPv6 in brackets.
  std::string host_header() const;
  std::string to_string() const;  ///< "https://host:port"
  bool operator==(const HttpEndpoint&) const = default;
};

/// "host:port", IPv6 in brackets.
std::string host_and_port(std::string_view host, std::uint16_t port);

}  // namespace genro::storage

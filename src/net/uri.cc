#include "net/uri.h"

#include <algorithm>
#include <charconv>

#include "genro/storage/error.h"

namespace genro::storage {
namespace {

[[noreturn]] void refuse_uri(std::string_view why) {
  throw Error(ErrorCode::invalid_argument, "invalid URL: " + std::string(why));
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool is_alpha(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// The length of a scheme in front of ':', or 0.
std::size_t scheme_length(std::string_view text) noexcept {
  if (text.empty() || !is_alpha(text[0])) return 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ':') return i;
    if (!is_alpha(c) && !is_digit(c) && c != '+' && c != '-' && c != '.') return 0;
  }
  return 0;
}

void parse_port(std::string_view text, Uri& uri) {
  if (text.empty()) return;  // "host:" means the default port
  unsigned value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc() || end != text.data() + text.size() || value == 0 || value > 65535) refuse_uri("bad port");
  uri.port = static_cast<std::uint16_t>(value);
}

void parse_authority(std::string_view text, Uri& uri) {
  uri.has_authority = true;
  if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
    uri.user_info = text.substr(0, at);
    text.remove_prefix(at + 1);
  }
  if (!text.empty() && text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) refuse_uri("missing ']'");
    uri.host = lower(text.substr(1, close - 1));
    if (uri.host.find_first_not_of("0123456789abcdef:.%") != std::string::npos) refuse_uri("bad IPv6 address");
    text.remove_prefix(close + 1);
    if (text.empty()) return;
    if (text.front() != ':') refuse_uri("text after ']'");
    parse_port(text.substr(1), uri);
    return;
  }
  const std::size_t colon = text.find(':');
  uri.host = lower(text.substr(0, colon));
  if (uri.host.find_first_of("[]\"<>\\^`{|}%") != std::string::npos) refuse_uri("bad host name");
  if (colon != std::string_view::npos) parse_port(text.substr(colon + 1), uri);
}

// RFC 3986 section 5.2.4.
std::string remove_dot_segments(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    if (path.starts_with("../")) {
      path.remove_prefix(3);
    } else if (path.starts_with("./")) {
      path.remove_prefix(2);
    } else if (path.starts_with("/./")) {
      path.remove_prefix(2);
    } else if (path == "/.") {
      path = "/";
    } else if (path.starts_with("/../") || path == "/..") {
      path = path.size() == 3 ? std::string_view("/") : path.substr(3);
      out.resize(out.rfind('/') == std::string::npos ? 0 : out.rfind('/'));
    } else if (path == "." || path == "..") {
      path = {};
    } else {
      const std::size_t end = std::min(path.find('/', 1), path.size());
      out.append(path.substr(0, end));
      path.remove_prefix(end);
    }
  }
  return out;
}

std::string merge(const Uri& base, const std::string& path) {
  if (base.has_authority && base.path.empty()) return "/" + path;
  const std::size_t slash = base.path.rfind('/');
  return slash == std::string::npos ? path : base.path.substr(0, slash + 1) + path;
}

}  // namespace

Uri Uri::parse(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f) refuse_uri("it has a space or a control character");
  }
  Uri uri;
  text = text.substr(0, text.find('#'));
  if (const std::size_t question = text.find('?'); question != std::string_view::npos) {
    uri.has_query = true;
    uri.query = text.substr(question + 1);
    text = text.substr(0, question);
  }
  if (const std::size_t length = scheme_length(text)) {
    uri.scheme = lower(text.substr(0, length));
    text.remove_prefix(length + 1);
  }
  if (text.starts_with("//")) {
    text.remove_prefix(2);
    const std::size_t slash = std::min(text.find('/'), text.size());
    parse_authority(text.substr(0, slash), uri);
    text.remove_prefix(slash);
  }
  uri.path = text;
  return uri;
}

Uri Uri::resolve(const Uri& reference) const {
  Uri out = reference;
  if (!reference.scheme.empty()) {
    out.path = remove_dot_segments(reference.path);
    return out;
  }
  out.scheme = scheme;
  if (reference.has_authority) {
    out.path = remove_dot_segments(reference.path);
    return out;
  }
  out.has_authority = has_authority;
  out.user_info = user_info;
  out.host = host;
  out.port = port;
  if (reference.path.empty()) {
    out.path = path;
    if (!reference.has_query) {
      out.query = query;
      out.has_query = has_query;
    }
    return out;
  }
  out.path = remove_dot_segments(reference.path.front() == '/' ? reference.path : merge(*this, reference.path));
  return out;
}

std::string Uri::target() const {
  std::string out = path.empty() ? "/" : path;
  if (has_query) out.append("?").append(query);
  return out;
}

std::string Uri::safe_text() const {
  std::string out;
  if (!scheme.empty()) out.append(scheme).append(":");
  if (has_authority) out.append("//").append(port ? host_and_port(host, port) : host);
  return out.append(path);
}

HttpEndpoint HttpEndpoint::from(const Uri& uri) {
  if (uri.scheme != "http" && uri.scheme != "https") refuse_uri("the scheme must be http or https");
  if (uri.host.empty()) refuse_uri("no host");
  HttpEndpoint endpoint;
  endpoint.tls = uri.scheme == "https";
  endpoint.host = uri.host;
  endpoint.port = uri.port ? uri.port : (endpoint.tls ? 443 : 80);
  return endpoint;
}

std::string HttpEndpoint::host_header() const {
  if (port == (tls ? 443 : 80)) return host.find(':') == std::string::npos ? host : "[" + host + "]";
  return host_and_port(host, port);
}

std::string HttpEndpoint::to_string() const { return (tls ? "https://" : "http://") + host_and_port(host, port); }

std::string host_and_port(std::string_view host, std::uint16_t port) {
  std::string out;
  if (host.find(':') == std::string_view::npos) {
    out = host;
  } else {
    out.append("[").append(host).append("]");
  }
  return out.append(":").append(std::to_string(port));
}

}  // namespace genro::storage

#include "auth/google/signed_url.h"

#include <chrono>
#include <span>

#include "codec/digest.h"
#include "codec/hex.h"
#include "codec/iso8601.h"
#include "codec/percent.h"

namespace genro::storage::goog4 {
namespace {

constexpr std::string_view kScopeEnd = "/auto/storage/goog4_request";

struct Moment {
  std::string date_time;  // "20260131T120000Z"
  std::string date;
};

Moment moment_of(std::int64_t seconds) {
  const auto text = format_compact_iso8601(std::chrono::sys_seconds(std::chrono::seconds(seconds)));
  return {std::string(text.data(), text.size()), std::string(text.data(), 8)};
}

std::string path_of(const Link& link) {
  std::string path = link.path + "/" + percent_encode(link.bucket, PercentSet::component) + "/";
  percent_encode_to(link.name, PercentSet::path, path);
  return path;
}

std::string query_of(const std::map<std::string, std::string>& parameters) {
  std::map<std::string, std::string> sorted;  // by the encoded name
  for (const auto& [name, value] : parameters) {
    sorted[percent_encode(name, PercentSet::component)] = percent_encode(value, PercentSet::component);
  }
  std::string query;
  for (const auto& [name, value] : sorted)
    query.append(query.empty() ? "" : "&").append(name).append("=").append(value);
  return query;
}

std::string chained(std::string_view key, std::string_view text) {
  const HmacSha256::Value value = HmacSha256(key).mac(text);
  return std::string(reinterpret_cast<const char*>(value.data()), value.size());
}

}  // namespace

UnsignedLink unsigned_link(const Link& link, LinkKey key, std::string_view account) {
  const Moment moment = moment_of(link.begin_seconds);
  const std::string scope = moment.date + std::string(kScopeEnd);
  const std::string algorithm = key == LinkKey::rsa ? "GOOG4-RSA-SHA256" : "GOOG4-HMAC-SHA256";
  std::map<std::string, std::string> parameters = link.parameters;
  parameters["X-Goog-Algorithm"] = algorithm;
  parameters["X-Goog-Credential"] = std::string(account) + "/" + scope;
  parameters["X-Goog-Date"] = moment.date_time;
  parameters["X-Goog-Expires"] = std::to_string(link.expires_in);
  parameters["X-Goog-SignedHeaders"] = "host";
  const std::string path = path_of(link);
  const std::string query = query_of(parameters);
  std::string canonical(link.method);
  canonical.append("\n").append(path).append("\n").append(query).append("\nhost:").append(link.host);
  canonical.append("\n\nhost\nUNSIGNED-PAYLOAD");
  UnsignedLink result;
  result.text = algorithm + "\n" + moment.date_time + "\n" + scope + "\n" + hex_encode(Sha256::of(canonical));
  result.url = link.scheme + "://" + link.host + path + "?" + query + "&X-Goog-Signature=";
  return result;
}

std::string hmac_signature(std::string_view secret, std::string_view text, std::int64_t begin_seconds) {
  std::string key = chained("GOOG4" + std::string(secret), moment_of(begin_seconds).date);
  for (const std::string_view part : {"auto", "storage", "goog4_request"}) key = chained(key, part);
  return chained(key, text);
}

std::string plain_link(const Link& link) {
  const std::string query = query_of(link.parameters);
  return link.scheme + "://" + link.host + path_of(link) + (query.empty() ? "" : "?" + query);
}

}  // namespace genro::storage::goog4

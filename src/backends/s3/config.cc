#include "backends/s3/config.h"

#include <utility>

#include "backend/http/http_settings.h"
#include "backend/http/store_place.h"
#include "backends/s3/requests.h"
#include "codec/percent.h"

namespace genro::storage::s3 {
namespace {

constexpr std::uint64_t kSmallestPart = std::uint64_t{5} << 20;
constexpr std::uint64_t kLargestPart = std::uint64_t{5} << 30;

Addressing addressing_of(const MountOptions& options) {
  const std::string style = options.text("addressing_style").value_or("auto");
  if (style == "auto") return Addressing::automatic;
  if (style == "path") return Addressing::path;
  if (style == "virtual") return Addressing::virtual_host;
  throw options.wrong("addressing_style", "must be 'auto', 'path' or 'virtual'");
}

void read_checksum(const MountOptions& options, Config& config) {
  const std::string name = options.text("checksum").value_or("auto");
  config.checksum_may_fall = name == "auto";
  if (name == "auto" || name == "crc64nvme")
    config.checksum = ChecksumAlgorithm::crc64nvme;
  else if (name == "crc32c")
    config.checksum = ChecksumAlgorithm::crc32c;
  else if (name == "crc32")
    config.checksum = ChecksumAlgorithm::crc32;
  else if (name == "none")
    config.checksum = ChecksumAlgorithm::none;
  else
    throw options.wrong("checksum", "must be 'auto', 'crc64nvme', 'crc32c', 'crc32' or 'none'");
}

void read_credentials(const MountOptions& options, Config& config) {
  config.anonymous = options.flag("anon").value_or(false);
  config.access_key = options.text("access_key").value_or("");
  config.secret_key = options.text("secret_key").value_or("");
  config.session_token = options.text("session_token").value_or("");
  config.profile = options.text("profile").value_or("");
  if (config.access_key.empty() && !config.secret_key.empty()) throw options.missing("access_key");
  if (!config.access_key.empty() && config.secret_key.empty()) throw options.missing("secret_key");
}

std::string aws_host(const std::string& region) {
  const bool china = region.starts_with("cn-");
  return "s3." + region + (china ? ".amazonaws.com.cn" : ".amazonaws.com");
}

}  // namespace

Config parse_config(const MountOptions& options) {
  Config config;
  config.bucket = read_store_name(options, "bucket", "bucket", "._", 255);
  config.prefix = read_key_prefix(options);
  if (!key_fault(config.prefix).empty()) throw options.wrong("base_path", "must be UTF-8");
  config.region = options.text("region").value_or("");
  config.endpoint_url = options.text("endpoint_url").value_or("");
  config.addressing = addressing_of(options);
  config.verify_downloads = options.flag("verify_downloads").value_or(true);
  config.sign_payload = options.flag("sign_payload").value_or(false);
  config.version_aware = options.flag("version_aware").value_or(true);
  read_checksum(options, config);
  read_credentials(options, config);
  config.http = read_http(options);
  if (const auto size = options.integer("part_size")) {
    if (*size < static_cast<std::int64_t>(kSmallestPart) || *size > static_cast<std::int64_t>(kLargestPart)) {
      throw options.wrong("part_size", "must be 5 MiB to 5 GiB, in bytes");
    }
    config.part_size = static_cast<std::uint64_t>(*size);
  }
  try {
    address_of(config, "us-east-1");
  } catch (const Error&) {  // its message may echo a password inside the URL
    throw options.wrong("endpoint_url", "must be a URL with http or https");
  }
  return config;
}

Address address_of(const Config& config, const std::string& region) {
  const bool aws = config.endpoint_url.empty();
  const Uri uri = Uri::parse(aws ? "https://" + aws_host(region) : config.endpoint_url);
  Address address{HttpEndpoint::from(uri), uri.path};
  while (!address.base.empty() && address.base.back() == '/') address.base.pop_back();
  // A certificate for *.s3… does not cover a name with dots.
  const bool dotted = config.bucket.find('.') != std::string::npos;
  const bool by_host =
      config.addressing == Addressing::virtual_host || (config.addressing == Addressing::automatic && aws && !dotted);
  if (by_host) {
    address.endpoint.host = config.bucket + "." + address.endpoint.host;
  } else {
    address.base += "/" + percent_encode(config.bucket, PercentSet::component);
  }
  return address;
}

bool same_account(const Config& a, const Config& b) noexcept {
  return a.endpoint_url == b.endpoint_url && a.access_key == b.access_key && a.secret_key == b.secret_key &&
         a.session_token == b.session_token && a.profile == b.profile && a.anonymous == b.anonymous;
}

bool etags_are_md5(const Config& config) noexcept { return !config.bucket.ends_with("--x-s3"); }

}  // namespace genro::storage::s3

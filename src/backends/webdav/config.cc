#include "backends/webdav/config.h"

#include <optional>
#include <utility>

#include "backend/http/http_settings.h"
#include "codec/digest.h"
#include "codec/hex.h"
#include "codec/percent.h"
#include "core/path.h"
#include "genro/storage/error.h"

namespace genro::storage::webdav {
namespace {

constexpr std::string_view kPhp = "/remote.php/";
constexpr std::int64_t kSmallestChunk = std::int64_t{5} << 20;
constexpr std::int64_t kLargestChunk = std::int64_t{5} << 30;

/// "/remote.php/dav/files/USER/…" and the older "/remote.php/webdav/…", whose user only the login knows.
std::string uploads_beside(const std::string& root, const std::string& user) {
  const std::size_t php = root.find(kPhp);
  if (php == std::string::npos) return {};
  const std::string dav = root.substr(0, php + kPhp.size()) + "dav/uploads/";
  const std::string_view rest = std::string_view(root).substr(php + kPhp.size());
  constexpr std::string_view kFiles = "dav/files/";
  if (rest.starts_with(kFiles)) {
    const std::string_view named = rest.substr(kFiles.size());
    return dav + std::string(named.substr(0, named.find('/')));
  }
  const bool old_style = rest == "webdav" || rest.starts_with("webdav/");
  return old_style && !user.empty() ? dav + percent_encode(user, PercentSet::component) : std::string();
}

std::string root_of(const MountOptions& options, const Uri& base) {
  std::string root = base.path;
  const std::optional<std::string> folder = options.text("base_path");
  if (!folder) return root;
  try {
    const std::string clean = path::clean(*folder);
    return clean.empty() ? root : root + "/" + percent_encode(clean, PercentSet::path);
  } catch (const Error&) {
    throw options.wrong("base_path", "must be a path without '..'");
  }
}

}  // namespace

Config parse_config(const MountOptions& options) {
  Config config;
  const Uri base = read_base_url(options, "url");
  if (base.has_query) throw options.wrong("url", "must be a URL without a query");
  config.endpoint = HttpEndpoint::from(base);
  config.root = root_of(options, base);
  config.http = read_http(options);
  config.login = {options.text("username").value_or(""), options.text("password").value_or("")};
  config.token = options.text("token").value_or("");
  const std::string scheme = options.text("auth").value_or("auto");
  if (scheme == "basic") config.scheme = HttpLogin::Scheme::basic;
  if (scheme == "digest") config.scheme = HttpLogin::Scheme::digest;
  const std::string replace = options.text("replace").value_or("auto");
  if (replace == "direct") config.replace = Replace::direct;
  if (replace == "move") config.replace = Replace::move;
  const std::string dialect = options.text("dialect").value_or("auto");
  config.nextcloud = dialect == "nextcloud" || (dialect == "auto" && (base.path + "/").find(kPhp) != std::string::npos);
  if (config.nextcloud) config.uploads = uploads_beside(config.root, config.login.user);
  if (const auto size = options.integer("chunk_size")) {
    if (*size < kSmallestChunk || *size > kLargestChunk)
      throw options.wrong("chunk_size", "must be between 5 MiB and 5 GiB, in bytes");
    config.chunk_size = static_cast<std::uint64_t>(*size);
  }
  return config;
}

Limits limits_of(const Config& config) {
  Limits limits;
  if (config.uploads.empty()) return limits;
  limits.part_size_min = static_cast<std::uint64_t>(kSmallestChunk);
  limits.part_size_max = static_cast<std::uint64_t>(kLargestChunk);
  limits.part_count_max = 10'000;
  limits.single_put_max = config.chunk_size;
  return limits;
}

std::string account_of(const Config& config) {
  const std::string what =
      config.endpoint.to_string() + '\n' + config.login.user + '\n' + config.login.password + '\n' + config.token;
  return "webdav:" + hex_encode(Sha256::of(what));  // hashed: it holds a secret
}

}  // namespace genro::storage::webdav

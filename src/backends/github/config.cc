#include "backends/github/config.h"

#include <optional>

#include "backend/http/http_settings.h"
#include "codec/base64.h"
#include "codec/percent.h"
#include "core/path.h"
#include "genro/storage/error.h"

namespace genro::storage::github {
namespace {

Uri api_of(const MountOptions& options) {
  try {
    Uri uri = Uri::parse(options.text("endpoint_url").value_or("https://api.github.com"));
    static_cast<void>(HttpEndpoint::from(uri));
    if (!uri.user_info.empty() || uri.has_query) throw Error(ErrorCode::config, "more than an address");
    while (uri.path.ends_with('/')) uri.path.pop_back();
    return uri;
  } catch (const Error&) {  // its message may echo what is in the URL
    throw options.wrong("endpoint_url", "must be a URL with http or https, without user, password and query");
  }
}

Uri raw_of(const Config& config) {
  const std::string repository = "/" + percent_encode(config.org, PercentSet::component) + "/" +
                                 percent_encode(config.repo, PercentSet::component);
  if (config.api.host == "api.github.com") return Uri::parse("https://raw.githubusercontent.com" + repository);
  return Uri::parse(config.api.scheme + "://" + HttpEndpoint::from(config.api).host_header() + repository + "/raw");
}

std::string authorization_of(const MountOptions& options) {
  const std::optional<std::string> token = options.text("token");
  const std::optional<std::string> user = options.text("username");
  const bool has_token = token && !token->empty();
  if (user && !user->empty() && !has_token) throw options.wrong("username", "needs a 'token'");
  if (!has_token) return {};
  std::string value = user && !user->empty() ? "Basic " + base64_encode(*user + ":" + *token) : "Bearer " + *token;
  try {
    HttpRequest().add_header("authorization", value);
  } catch (const Error&) {
    throw options.wrong("token", "must be one line");
  }
  return value;
}

std::string base_of_repository(const MountOptions& options) {
  try {
    return path::clean(options.text("base_path").value_or(""));
  } catch (const Error&) {
    throw options.wrong("base_path", "must be a path within the repository");
  }
}

/// One component of a request's path: "..", "a/b" and the like would ask for something else.
std::string name_of(const MountOptions& options, std::string_view key) {
  std::string name = options.required_text(key);
  if (name == "." || name == ".." || name.find('/') != std::string::npos)
    throw options.wrong(key, "must be a name alone: the owner is 'org', the repository 'repo'");
  return name;
}

Duration refresh_of(const MountOptions& options, bool anonymous) {
  constexpr double kLongest = 1e9;
  const double given = options.number("refresh").value_or(anonymous ? 600 : 60);
  if (!(given >= 0)) throw options.wrong("refresh", "must be a number of seconds, 0 or more");
  return given >= kLongest ? Duration::max() : seconds(given);
}

}  // namespace

Config parse_config(const MountOptions& options) {
  Config config;
  config.org = name_of(options, "org");
  config.repo = name_of(options, "repo");
  config.base = base_of_repository(options);
  config.ref = options.text("sha").value_or("");
  config.authorization = authorization_of(options);
  config.api = api_of(options);
  config.raw = raw_of(config);
  config.refresh = refresh_of(options, config.authorization.empty());
  config.details = options.flag("details").value_or(false);
  config.gives_lfs_pointers = options.text("lfs") == "pointer";
  config.http = read_http(options);
  return config;
}

}  // namespace genro::storage::github

// Credentials by single sign-on: the access token that `aws sso login` cached, exchanged for those of a role.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html
// An expired token is an error that says what to run: renewing it needs the user's browser.
#include "auth/aws/credentials_document.h"
#include "auth/aws/credentials_sources.h"
#include "auth/small_file.h"
#include "auth/small_request.h"
#include "codec/digest.h"
#include "codec/hex.h"
#include "codec/iso8601.h"
#include "codec/percent.h"
#include "loop/offload.h"

namespace genro::storage {
namespace {

struct SsoSettings {
  std::string start_url;
  std::string region;
  std::string cache_key;  ///< what the name of the cached token's file is derived from
};

SsoSettings settings_of(const AwsProfiles& profiles, const AwsProfiles::Section& profile, const std::string& source) {
  SsoSettings settings;
  const auto session_name = value_of(profile, "sso_session");
  const AwsProfiles::Section* place = &profile;
  if (session_name) {
    place = profiles.sso_session(*session_name);
    if (!place) throw credentials_failure(source, "there is no [sso-session " + *session_name + "]");
  }
  settings.start_url = value_of(*place, "sso_start_url").value_or("");
  settings.region = value_of(*place, "sso_region").value_or("");
  settings.cache_key = session_name.value_or(settings.start_url);
  if (settings.start_url.empty() || settings.region.empty()) {
    throw credentials_failure(source, "sso_start_url or sso_region is missing");
  }
  return settings;
}

}  // namespace

Task<Credentials> sso_credentials(CredentialsContext context, AwsProfiles profiles, AwsProfiles::Section profile,
                                  std::string source) {
  const SsoSettings settings = settings_of(profiles, profile, source);
  const auto account = value_of(profile, "sso_account_id");
  const auto role = value_of(profile, "sso_role_name");
  if (!account || !role) throw credentials_failure(source, "sso_account_id or sso_role_name is missing");

  const std::string path =
      context.variable_or("HOME", "") + "/.aws/sso/cache/" + hex_encode(Sha1::of(settings.cache_key)) + ".json";
  auto reading = offload([&path] { return read_small_file(path); });
  const auto cached = co_await reading;
  const std::string token = cached ? string_member(*cached, "accessToken") : "";
  const auto expires = cached ? parse_iso8601(string_member(*cached, "expiresAt")) : std::nullopt;
  if (token.empty() || !expires || *expires <= context.env->clock->wall_ns()) {
    throw credentials_failure(source, "the single sign-on session is missing or has expired; run `aws sso login`");
  }

  SmallRequest request;
  const std::string base =
      context.variable_or("AWS_ENDPOINT_URL_SSO", "https://portal.sso." + settings.region + ".amazonaws.com");
  request.url = base + "/federation/credentials?account_id=" + percent_encode(*account, PercentSet::component) +
                "&role_name=" + percent_encode(*role, PercentSet::component);
  request.headers.emplace_back("x-amz-sso_bearer_token", token);
  request.tls = context.tls;
  Task<SmallAnswer> asking = small_request(*context.env, std::move(request));
  const SmallAnswer answer = co_await asking;
  if (answer.status == 401) {
    throw credentials_failure(source, "the single sign-on session was refused; run `aws sso login`");
  }
  if (!answer.ok()) throw credentials_failure(source, "the SSO portal answered " + std::to_string(answer.status));
  co_return credentials_from_json(
      answer.text, {"accessKeyId", "secretAccessKey", "sessionToken", "expiration", "roleCredentials"}, source);
}

}  // namespace genro::storage

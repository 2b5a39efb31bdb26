// A profile of the shared config and credentials files, and what it leads to: keys, another profile's role, a web identity,
// a process, single sign-on. A role may build on a role, so profiles are followed until there are keys; a circle is an error.
#include <algorithm>
#include <utility>
#include <vector>

#include "auth/aws/credentials_document.h"
#include "auth/aws/credentials_sources.h"
#include "loop/offload.h"

namespace genro::storage {
namespace {

using Section = AwsProfiles::Section;

class ProfileSource final : public CredentialsSource {
 public:
  explicit ProfileSource(CredentialsContext context)
      : context_(std::move(context)),
        profile_(context_.profile.empty() ? context_.variable_or("AWS_PROFILE", "default") : context_.profile) {}

  std::string name() const override { return "profile " + profile_; }

  Task<std::optional<Credentials>> fetch() override {
    auto loading = offload([this] { return AwsProfiles::load(context_.variable); });
    AwsProfiles profiles = co_await loading;
    if (!profiles.profile(profile_)) {
      const bool asked_for = !context_.profile.empty() || context_.variable("AWS_PROFILE");
      if (asked_for) throw Error(ErrorCode::config, "get credentials", name(), "there is no such profile");
      co_return std::nullopt;
    }
    Task<std::optional<Credentials>> resolving = resolve(std::move(profiles), profile_, {});
    co_return co_await resolving;
  }

 private:
  static Credentials keys_of(const Section& section, std::string source) {
    Credentials keys;
    keys.access_key = *value_of(section, "aws_access_key_id");
    keys.secret_key = *value_of(section, "aws_secret_access_key");
    keys.session_token = value_of(section, "aws_session_token").value_or("");
    keys.source = std::move(source);
    return keys;
  }
  static bool has_keys(const Section& section) {
    return value_of(section, "aws_access_key_id") && value_of(section, "aws_secret_access_key");
  }

  Task<std::optional<Credentials>> resolve(AwsProfiles profiles, std::string profile, std::vector<std::string> seen) {
    const std::string source = "profile " + profile;
    const Section* section = profiles.profile(profile);
    if (!section) throw credentials_failure(source, "there is no such profile");
    // A role on top of keys of the same profile names itself as its source: the second visit takes the keys.
    const bool again = std::find(seen.begin(), seen.end(), profile) != seen.end();
    if (again && !has_keys(*section)) throw credentials_failure(source, "source_profile leads in a circle");
    if (const auto role = value_of(*section, "role_arn"); role && !again) {
      Task<Credentials> assuming = assume(profiles, *section, profile, *role, std::move(seen));
      co_return co_await assuming;
    }
    if (has_keys(*section)) co_return keys_of(*section, source);
    if (const auto command = value_of(*section, "credential_process")) {
      Task<Credentials> running = process_credentials(context_, *command, source);
      co_return co_await running;
    }
    if (value_of(*section, "sso_session") || value_of(*section, "sso_start_url")) {
      Section copy = *section;
      Task<Credentials> exchanging = sso_credentials(context_, std::move(profiles), std::move(copy), source);
      co_return co_await exchanging;
    }
    co_return std::nullopt;
  }

  Task<Credentials> assume(AwsProfiles profiles, Section section, std::string profile, std::string role,
                           std::vector<std::string> seen) {
    AssumeRole call;
    call.role_arn = std::move(role);
    call.session_name = value_of(section, "role_session_name").value_or("");
    call.external_id = value_of(section, "external_id").value_or("");
    call.duration_seconds = value_of(section, "duration_seconds").value_or("");
    call.source = "profile " + profile;
    call.region = context_.region;
    if (call.region.empty()) call.region = value_of(section, "region").value_or("");
    if (call.region.empty())
      call.region = context_.variable_or("AWS_REGION", context_.variable_or("AWS_DEFAULT_REGION", ""));
    if (const auto token_file = value_of(section, "web_identity_token_file")) {
      Task<Credentials> assuming = assume_role_with_token_file(context_, std::move(call), *token_file);
      co_return co_await assuming;
    }
    if (value_of(section, "mfa_serial")) {
      throw credentials_failure(call.source,
                                "it needs an MFA code, which cannot be asked for here; use credential_process");
    }
    seen.push_back(profile);
    Task<std::optional<Credentials>> finding = signer(std::move(profiles), section, call.source, std::move(seen));
    std::optional<Credentials> signer_keys = co_await finding;
    if (!signer_keys) throw credentials_failure(call.source, "its source has no credentials");
    Task<Credentials> assuming = assume_role(context_, std::move(call), std::move(*signer_keys));
    co_return co_await assuming;
  }

  /// Whose keys sign the AssumeRole.
  Task<std::optional<Credentials>> signer(AwsProfiles profiles, Section section, std::string source,
                                          std::vector<std::string> seen) {
    if (const auto other = value_of(section, "source_profile")) {
      Task<std::optional<Credentials>> resolving = resolve(std::move(profiles), *other, std::move(seen));
      co_return co_await resolving;
    }
    const std::string named = value_of(section, "credential_source").value_or("");
    std::unique_ptr<CredentialsSource> place;
    if (named == "Environment") place = make_environment_source(context_);
    if (named == "EcsContainer") place = make_container_source(context_);
    if (named == "Ec2InstanceMetadata") place = make_instance_source(context_);
    if (!place) throw credentials_failure(source, "role_arn needs a source_profile or a known credential_source");
    Task<std::optional<Credentials>> fetching = place->fetch();
    co_return co_await fetching;
  }

  CredentialsContext context_;
  std::string profile_;
};

}  // namespace

std::unique_ptr<CredentialsSource> make_profile_source(CredentialsContext context) {
  return std::make_unique<ProfileSource>(std::move(context));
}

}  // namespace genro::storage

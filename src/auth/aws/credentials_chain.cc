#include "auth/aws/credentials_chain.h"

#include <cstdlib>
#include <utility>
#include <vector>

#include "auth/aws/credentials_sources.h"

namespace genro::storage {
namespace {

class EnvironmentSource final : public CredentialsSource {
 public:
  explicit EnvironmentSource(CredentialsContext context) : context_(std::move(context)) {}
  std::string name() const override { return "environment"; }
  Task<std::optional<Credentials>> fetch() override {
    const auto access_key = context_.variable("AWS_ACCESS_KEY_ID");
    const auto secret_key = context_.variable("AWS_SECRET_ACCESS_KEY");
    if (!access_key || !secret_key) co_return std::nullopt;
    Credentials found;
    found.access_key = *access_key;
    found.secret_key = *secret_key;
    found.session_token = context_.variable_or("AWS_SESSION_TOKEN", "");
    co_return found;
  }

 private:
  CredentialsContext context_;
};

}  // namespace

CredentialsContext process_credentials_context(Env& env) {
  CredentialsContext context;
  context.env = &env;
  context.variable = [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    if (!value || !*value) return std::nullopt;
    return std::string(value);
  };
  return context;
}

std::unique_ptr<CredentialsSource> make_environment_source(CredentialsContext context) {
  return std::make_unique<EnvironmentSource>(std::move(context));
}

std::shared_ptr<CredentialsProvider> make_credentials_chain(CredentialsContext context) {
  std::vector<std::unique_ptr<CredentialsSource>> sources;
  // A profile that was asked for by name in the configuration comes before the environment's keys.
  const bool named = !context.profile.empty();
  if (named) sources.push_back(make_profile_source(context));
  sources.push_back(make_environment_source(context));
  sources.push_back(make_web_identity_source(context));
  if (!named) sources.push_back(make_profile_source(context));
  sources.push_back(make_container_source(context));
  sources.push_back(make_instance_source(context));
  return make_credentials_chain(*context.env, std::move(sources));
}

}  // namespace genro::storage

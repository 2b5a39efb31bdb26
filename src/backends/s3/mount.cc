// From a mount's configuration to its backend: what the environment adds, and where credentials come from.
#include "auth/aws/credentials_chain.h"
#include "backends/s3/config.h"
#include "backends/s3/s3.h"

namespace genro::storage {

std::shared_ptr<Backend> make_s3(const MountContext& mount) {
  s3::Config config = s3::parse_config(mount.options);
  CredentialsContext context = process_credentials_context(mount.env);
  context.profile = config.profile;
  context.tls = config.http.tls;
  if (config.endpoint_url.empty()) {
    config.endpoint_url = context.variable_or("AWS_ENDPOINT_URL_S3", context.variable_or("AWS_ENDPOINT_URL", ""));
  }
  if (config.region.empty())
    config.region = context.variable_or("AWS_REGION", context.variable_or("AWS_DEFAULT_REGION", ""));
  context.region = config.region;
  std::shared_ptr<CredentialsProvider> credentials;
  if (!config.access_key.empty()) {
    Credentials given;
    given.access_key = config.access_key;
    given.secret_key = config.secret_key;
    given.session_token = config.session_token;
    given.source = "the mount's configuration";
    credentials = make_static_credentials(std::move(given));
  } else if (!config.anonymous) {
    credentials = make_credentials_chain(std::move(context));
  }
  return make_s3(std::make_shared<s3::Client>(std::move(config), mount.env, std::move(credentials)));
}

}  // namespace genro::storage

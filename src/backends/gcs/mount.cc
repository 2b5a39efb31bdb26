// From a mount's configuration to its backend: what the environment adds, and where credentials come from.
#include "backends/gcs/gcs.h"

namespace genro::storage {

std::shared_ptr<Backend> make_gcs(const MountContext& mount) {
  gcs::Config config = gcs::parse_config(mount.options, &system_environment);
  std::shared_ptr<GoogleCredentials> credentials;
  if (!config.anonymous) {
    GoogleContext context;
    context.env = &mount.env;
    context.tls = config.http.tls;
    credentials = std::make_shared<GoogleCredentials>(std::move(context), config.login);
  }
  return make_gcs(std::make_shared<gcs::Client>(std::move(config), mount.env, std::move(credentials)));
}

}  // namespace genro::storage

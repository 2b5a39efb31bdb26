// From a mount's configuration to its backend: what the environment adds.
#include <utility>

#include "auth/azure/token.h"
#include "backends/azure/azure.h"
#include "backends/azure/config.h"
#include "net/proxy.h"

namespace genro::storage {

std::shared_ptr<Backend> make_azure(const MountContext& context) {
  azure::Config config = azure::parse_config(context.options, &system_environment);
  std::shared_ptr<azure::Tokens> tokens;
  if (config.login.identity.kind != azure::IdentityKind::none)
    tokens = azure::make_tokens(context.env, config.login.identity, &system_environment, config.http.tls);
  return make_azure(std::make_shared<azure::Client>(std::move(config), context.env, std::move(tokens)));
}

}  // namespace genro::storage

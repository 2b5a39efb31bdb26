// The chain that finds AWS credentials the way the AWS SDKs do: environment, shared config and credentials files (profile,
// roles, source_profile, credential_process, SSO), web identity, container, instance metadata v2. The first source that is
// set up wins; one that is set up but fails is an error, not a reason to go on with somebody else's keys.
// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
// Used by the s3 backend. Each source stands in a file of its own (credentials_*.cc).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "auth/aws/credentials.h"
#include "core/env.h"
#include "net/http.h"

namespace genro::storage {

/// What the sources need from outside.
struct CredentialsContext {
  Env* env = nullptr;
  /// Value of an environment variable; nothing when it is unset or empty.
  std::function<std::optional<std::string>(const char* name)> variable;
  std::string profile;  ///< "" = AWS_PROFILE, else "default"
  std::string region;   ///< "" = AWS_REGION, AWS_DEFAULT_REGION, the profile's
  TlsOptions tls;       ///< for STS and SSO

  std::string variable_or(const char* name, std::string otherwise) const {
    return variable(name).value_or(std::move(otherwise));
  }
};

/// The context of this process: its environment variables.
CredentialsContext process_credentials_context(Env& env);

/// One place to look. fetch() gives nothing when the place is not set up; throws unauthenticated when it is and fails.
class CredentialsSource {
 public:
  virtual ~CredentialsSource() = default;
  virtual std::string name() const = 0;  ///< for messages: "environment"
  virtual Task<std::optional<Credentials>> fetch() = 0;
};

/// Looks on first use, refreshes ahead of expiry, once for all who wait, in whatever loop or thread they are.
std::shared_ptr<CredentialsProvider> make_credentials_chain(CredentialsContext context);
/// The same over sources of the caller's choice, in order.
std::shared_ptr<CredentialsProvider> make_credentials_chain(Env& env,
                                                            std::vector<std::unique_ptr<CredentialsSource>> sources);

}  // namespace genro::storage

// Login: the credentials of a mount, from its configuration and the environment.
// Used by the azure backend. Pure, but for the variables; it holds secrets: never print one.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "auth/azure/shared_key.h"
#include "auth/azure/token.h"

namespace genro::storage::azure {

/// One of key, signature and identity, or none of them for a public container.
struct Login {
  std::string account;
  std::string endpoint;  ///< as a connection string says it; "" where none does
  std::shared_ptr<const SharedKey> key;
  std::string sas;  ///< without '?'
  Identity identity;

  /// All of it as one text: two logins of one text may do the same. A secret.
  std::string text() const;
};

/// As a mount's configuration has it.
struct LoginOptions {
  std::string account;
  std::optional<std::string> connection_string;
  std::optional<std::string> account_key;
  std::optional<std::string> sas_token;
  std::string credential = "auto";  ///< "client_secret", "certificate", "workload", "managed"; "cli" is refused
  Identity identity;                ///< but for its kind
  bool anonymous = false;
};

/// What was given counts before what the environment has, a key before a signature, and tokens where there is neither, or where
/// the options name an identity. Throws config, with the option that is wrong as its place.
Login complete_login(LoginOptions options, const Environment& variables);

}  // namespace genro::storage::azure

// Bearer tokens of Microsoft Entra ID for Azure Storage: by a client's secret or certificate, by a federated token (workload
// identity), or from the machine's managed identity.
// https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow
// Used by the azure backend. Tokens are secrets: never print one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "auth/refreshing.h"
#include "core/env.h"
#include "loop/tls.h"
#include "net/proxy.h"

namespace genro::storage::azure {

struct Token {
  std::string text;
  std::int64_t expires_at = 0;  ///< nanoseconds since 1970
};
using Tokens = Refreshing<Token>;

enum class IdentityKind : unsigned char { none, client_secret, certificate, workload, managed };

/// Who asks for tokens. What is "" is taken from AZURE_TENANT_ID, AZURE_CLIENT_ID, …
struct Identity {
  IdentityKind kind = IdentityKind::none;
  std::string tenant_id;
  std::string client_id;  ///< of a managed identity: "" = the machine's own
  std::string client_secret;
  std::string certificate;  ///< a PEM file of the private key and its certificate
  std::string token_file;   ///< of a workload identity
  friend bool operator==(const Identity&, const Identity&) = default;
};

/// Fills in what the environment says; where `kind` is none, the kind, too: secret, certificate, workload, else managed.
/// Throws config with what is missing.
Identity complete_identity(Identity given, const Environment& variables);

/// No network: the first get() asks. `variables` say where: AZURE_AUTHORITY_HOST, IDENTITY_ENDPOINT, …
std::shared_ptr<Tokens> make_tokens(Env& env, Identity identity, Environment variables, TlsOptions tls);

}  // namespace genro::storage::azure

// What the sources of tokens share: where they ask, and how they read the answer. Used by token.cc and the sources.
#pragma once

#include <string>

#include "auth/azure/token.h"
#include "auth/small_request.h"
#include "genro/storage/error.h"

namespace genro::storage::azure {

struct TokenContext {
  Env* env = nullptr;
  Identity identity;
  Environment variables;
  TlsOptions tls;
};

/// "cannot get a token from <source>: <why>"
Error token_failure(const std::string& source, const std::string& why);
/// Throws unauthenticated in the words of the service, or unavailable where it may pass.
Token token_of_answer(const std::string& source, const SmallAnswer& answer, std::int64_t now_ns);

/// A token for what proves to be a client: its secret, or a signed or federated statement.
Task<Token> token_of_client(TokenContext context);
Task<Token> token_of_machine(TokenContext context);

}  // namespace genro::storage::azure

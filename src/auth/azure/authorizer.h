// Authorizer: authorizes requests by the account's key, a shared access signature, a bearer token, or not at all.
// https://learn.microsoft.com/en-us/rest/api/storageservices/authorize-requests-to-azure-storage
// Used by the azure backend. Thread-safe. It holds secrets: never print one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "auth/azure/login.h"
#include "auth/azure/sas.h"
#include "net/http.h"

namespace genro::storage::azure {

class Authorizer {
 public:
  /// `tokens` null: the login has other credentials, or none.
  Authorizer(Login login, std::shared_ptr<Tokens> tokens) : login_(std::move(login)), tokens_(std::move(tokens)) {}

  bool has_tokens() const noexcept { return tokens_ != nullptr; }
  /// Whether a wrong clock or old credentials can be the reason of a refusal.
  bool signs() const noexcept { return login_.key || tokens_; }

  /// By what a request was authorized; null before the first try. Headers are taken back before another try, a target is not.
  using Proof = std::shared_ptr<const void>;
  /// False when a token has to be fetched first: then add_later() does it. `now`: nanoseconds since 1970, the server's time.
  bool add(HttpRequest& request, Proof& proof, std::int64_t now) const;
  Task<void> add_later(HttpRequest* request, Proof* proof, std::int64_t now) const;
  /// Whether there is another token than the one that was refused.
  Task<bool> refresh(Proof refused) const;

  /// The mount's signature, in the query of a target or an address.
  void add_sas(std::string& target) const;
  /// Lets the service itself read a blob of the account: `address` gets a signature, or the token goes along. `blob` is
  /// "container/name"; `query` has one parameter at most, the snapshot or version.
  Task<void> add_source(HttpRequest* request, std::string address, std::string blob, SasGrant grant,
                        std::int64_t now) const;

 private:
  void add_owner(HttpRequest& request, const Token* token, std::int64_t now) const;

  const Login login_;
  const std::shared_ptr<Tokens> tokens_;
};

}  // namespace genro::storage::azure

// Credentials and CredentialsProvider: who signs. Used by signing backends; make_credentials_chain() (auth/aws/credentials_chain.h)
// finds them as the AWS SDKs do. Ask get() before each request: it is cheap while they are fresh.
// Never print or log them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "auth/refreshing.h"
#include "genro/storage/task.h"

namespace genro::storage {

/// One set of keys. Immutable and shared; compare the pointer to know whether they changed.
struct Credentials {
  std::string access_key;
  std::string secret_key;
  std::string session_token;                ///< "" = none
  std::int64_t expires_at = kNeverExpires;  ///< Wall clock, nanoseconds since 1970
  std::string source;                       ///< Where they come from, for messages: "environment", "profile dev"
};

class CredentialsProvider {
 public:
  virtual ~CredentialsProvider() = default;
  /// Valid credentials, refreshed when needed (once for all who wait). Throws unauthenticated that says what was tried.
  virtual Task<std::shared_ptr<const Credentials>> get() = 0;
  /// The same without waiting when they are known and fresh, else null: saves a coroutine on the hot path.
  virtual std::shared_ptr<const Credentials> cached() noexcept { return nullptr; }
  /// A server refused these: the next get() fetches new ones unless that has happened already.
  virtual void invalidate(const std::shared_ptr<const Credentials>& refused) noexcept { static_cast<void>(refused); }
};

/// Credentials given in the configuration.
std::shared_ptr<CredentialsProvider> make_static_credentials(Credentials credentials);

}  // namespace genro::storage

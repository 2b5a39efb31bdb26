// GoogleCredentials: whose requests to Google's services are. It finds an identity on first use (a key file, the settings of
// gcloud, the metadata server: "Application Default Credentials"), gets access tokens for it and signs by its key.
// https://cloud.google.com/docs/authentication/application-default-credentials
// Used by the gcs backend. Any thread. Tokens and keys are secrets: never put one into a message.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "auth/refreshing.h"
#include "core/env.h"
#include "genro/storage/task.h"
#include "loop/tls.h"
#include "net/proxy.h"

namespace genro::storage {

/// What goes into the header `authorization`. Immutable and shared.
struct GoogleToken {
  std::string authorization;  ///< "Bearer ya29.…"
  std::int64_t expires_at = kNeverExpires;
};

/// Where the identity comes from.
struct GoogleLogin {
  enum class Kind : std::uint8_t {
    standard,  ///< the chain of Application Default Credentials
    metadata,  ///< the machine that this runs on
    file,      ///< `text` is the path of a file as gcloud and the console make them
    document,  ///< `text` is the content of such a file
  };
  Kind kind = Kind::standard;
  std::string text;
};

/// What the sources need from outside.
struct GoogleContext {
  Env* env = nullptr;
  Environment variable = &system_environment;
  TlsOptions tls;
  std::string iam =
      "https://iamcredentials.googleapis.com";  ///< Where accounts without a key of their own have texts signed.
};

class GoogleIdentity;  // auth/google/identity.h

class GoogleCredentials {
 public:
  /// No I/O.
  GoogleCredentials(GoogleContext context, GoogleLogin login);
  ~GoogleCredentials();

  /// A valid token. Throws unauthenticated, or config for a file that is wrong.
  Task<std::shared_ptr<const GoogleToken>> get() { return token_.get(); }
  /// The same without waiting when one is known and fresh, else null.
  std::shared_ptr<const GoogleToken> cached() noexcept { return token_.cached(); }
  /// A server refused this one. Its file is read again, too: it may have been replaced.
  void invalidate(const std::shared_ptr<const GoogleToken>& refused) noexcept {
    token_.invalidate(refused);
    identity_.invalidate(identity_.cached());
  }
  /// The mail address of the account that signs. Throws unsupported for an identity that has no key.
  Task<std::string> account();
  /// The octets of a signature by the account's key, RSASSA-PKCS1-v1_5 with SHA-256.
  Task<std::string> sign(std::string text);
  /// The project whose quota is to be used, "" for none. Known once there is a token.
  std::string quota_project();

 private:
  struct Found {
    std::shared_ptr<GoogleIdentity> identity;
    std::int64_t expires_at = kNeverExpires;
  };
  Task<Found> find();
  Task<GoogleToken> fetch();

  GoogleContext context_;
  GoogleLogin login_;
  Refreshing<Found> identity_;
  Refreshing<GoogleToken> token_;
};

}  // namespace genro::storage

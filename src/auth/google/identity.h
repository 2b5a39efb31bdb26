// GoogleIdentity: one kind of credentials each, and the functions that make them of a key file's document.
// Used by GoogleCredentials, and by identities that stand on another one.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "auth/google/credentials.h"
#include "auth/google/document.h"
#include "genro/storage/task.h"

namespace genro::storage {

class GoogleIdentity {
 public:
  virtual ~GoogleIdentity() = default;
  /// A new access token.
  virtual Task<GoogleToken> fetch() = 0;
  /// Who signs. Throws unsupported for an identity that cannot.
  virtual Task<std::string> account() = 0;
  /// By a key of its own, or by the service that signs for accounts. The octets.
  virtual Task<std::string> sign(std::string text) = 0;
  /// To whose quota its requests count, "" for the project of the identity itself.
  virtual std::string quota_project() const { return {}; }
};
using GoogleIdentityPointer = std::shared_ptr<GoogleIdentity>;

inline constexpr std::string_view kGoogleScope = "https://www.googleapis.com/auth/cloud-platform";

/// By the member "type" of a document. `source` is for messages. Throws config for a type that is not known, for one that
/// is refused with the reason, and for a document that lacks something.
GoogleIdentityPointer make_google_identity(const GoogleContext& context, GoogleDocument document);

GoogleIdentityPointer make_service_account(const GoogleContext& context, const GoogleDocument& document);
GoogleIdentityPointer make_authorized_user(const GoogleContext& context, const GoogleDocument& document);
GoogleIdentityPointer make_external_account(const GoogleContext& context, const GoogleDocument& document);
GoogleIdentityPointer make_impersonated_account(const GoogleContext& context, const GoogleDocument& document);
/// The account of the machine.
GoogleIdentityPointer make_metadata_identity(const GoogleContext& context);
/// Whether there is a metadata server, found out within a moment.
Task<bool> has_metadata_server(GoogleContext context);

/// An access token for another account, by IAM's generateAccessToken.
struct Impersonation {
  std::string
      url;  ///< "https://iamcredentials.googleapis.com/v1/…/name@project.iam.gserviceaccount.com:generateAccessToken"
  std::string delegates;        ///< a JSON array, "[]" for none
  std::string lifetime;         ///< "3600s"
  std::string source;           ///< for messages
  std::string account() const;  ///< the mail address in the URL
};
Task<GoogleToken> impersonate(GoogleContext context, Impersonation who, GoogleToken by);
/// A text signed by the key that IAM keeps of the account. `url` as above, ending in ":generateAccessToken".
Task<std::string> sign_by_iam(GoogleContext context, Impersonation who, GoogleToken by, std::string text);

}  // namespace genro::storage

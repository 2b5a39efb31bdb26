// The JSON documents in which processes, containers, instance metadata and SSO hand out credentials.
// Used by the credential sources. Errors name the source and what is missing, never a value.
#pragma once

#include <string>
#include <string_view>

#include "auth/aws/credentials.h"
#include "genro/storage/error.h"

namespace genro::storage {

/// The names of the members: they differ from service to service.
struct CredentialsMembers {
  const char* access_key = "AccessKeyId";
  const char* secret_key = "SecretAccessKey";
  const char* session_token = "Token";
  const char* expiration = "Expiration";  ///< ISO 8601 text, or milliseconds since 1970 as a number
  const char* inside = nullptr;           ///< the member that holds the others; null = the document itself
};

/// Throws unauthenticated when the text is no JSON or lacks a key.
Credentials credentials_from_json(std::string_view text, const CredentialsMembers& members, const std::string& source);
/// A member that is a string, or "".
std::string string_member(std::string_view json, const char* name);

/// "cannot get credentials from <source>: <why>"
Error credentials_failure(const std::string& source, std::string why);

}  // namespace genro::storage

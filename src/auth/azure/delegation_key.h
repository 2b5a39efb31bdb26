// User delegation keys: keys that sign for a user, made by the service on a bearer's request.
// https://learn.microsoft.com/en-us/rest/api/storageservices/get-user-delegation-key
// Used by the azure backend. Pure; a key is a secret: never print one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace genro::storage::azure {

struct DelegationKey {
  std::string object_id;
  std::string tenant_id;
  std::string starts;
  std::string expires;
  std::string service;
  std::string version;
  std::string value;  ///< base64
};

/// The document that asks for a key from one time to the other, nanoseconds since 1970.
std::string delegation_key_request(std::int64_t begin, std::int64_t end);
/// Throws protocol for a document that is cut short, malformed or of another kind.
DelegationKey parse_delegation_key(std::string_view document);

}  // namespace genro::storage::azure

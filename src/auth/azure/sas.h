// Shared access signatures (SAS): query strings that let whoever has them do one thing with one blob for some time.
// https://learn.microsoft.com/en-us/rest/api/storageservices/create-service-sas
// https://learn.microsoft.com/en-us/rest/api/storageservices/create-user-delegation-sas
// Used by the azure backend. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "auth/azure/delegation_key.h"
#include "auth/azure/shared_key.h"

namespace genro::storage::azure {

/// What a signature allows. Empty texts are left out.
struct SasGrant {
  std::string permissions;  ///< "r", "cw"
  std::string starts;       ///< "2026-01-01T00:00:00Z"
  std::string expires;
  std::string addresses;       ///< "1.2.3.4" or "1.2.3.4-1.2.3.9"
  std::string protocol;        ///< "https", "https,http"
  std::string resource = "b";  ///< "b", a blob; "bs", its snapshot; "bv", its version
  std::string moment;          ///< the snapshot or the version
  // What the answer to a GET is to say instead of what the blob has.
  std::string cache_control;
  std::string content_disposition;
  std::string content_encoding;
  std::string content_language;
  std::string content_type;
};

/// Sets what a signature has beside its permissions: `name` in words ("content_type", "start") or as the query has it ("rsct").
/// False for what no signature has.
bool set_parameter(std::string_view name, std::string value, SasGrant& grant);

/// "2026-01-01T00:00:00Z", as times stand in signatures. Nanoseconds since 1970.
std::string sas_time(std::int64_t wall_ns);

/// The query string (without '?') for a blob of the key's account; `blob` is "container/name", not encoded.
std::string service_sas(const SharedKey& key, std::string_view blob, const SasGrant& grant);
/// The same by a user's key. Throws protocol for a key that is no base64.
std::string delegation_sas(const std::string& account, const DelegationKey& key, std::string_view blob,
                           const SasGrant& grant);

}  // namespace genro::storage::azure

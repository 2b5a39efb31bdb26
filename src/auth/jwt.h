// JSON web tokens (RFC 7515, 7519) signed by RS256, with which a program proves to be whose key it has. Pure functions.
// Used by credentials of clouds. A token is a secret for as long as it is valid.
#pragma once

#include <string>
#include <string_view>

#include "codec/rsa.h"

namespace genro::storage {

/// base64url without padding, as tokens have it.
std::string base64url(std::string_view octets);

/// "header.claims.signature" of two JSON documents.
std::string signed_jwt(const RsaKey& key, std::string_view header, std::string_view claims);

}  // namespace genro::storage

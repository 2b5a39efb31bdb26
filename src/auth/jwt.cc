#include "auth/jwt.h"

#include <span>

#include "codec/base64.h"

namespace genro::storage {

std::string base64url(std::string_view octets) {
  std::string text = base64_encode(std::as_bytes(std::span(octets)), Base64Alphabet::url_safe);
  text.erase(text.find_last_not_of('=') + 1);
  return text;
}

std::string signed_jwt(const RsaKey& key, std::string_view header, std::string_view claims) {
  std::string token = base64url(header);
  token.append(".").append(base64url(claims));
  const std::string signature = base64url(key.sign(token));
  return token.append(".").append(signature);
}

}  // namespace genro::storage

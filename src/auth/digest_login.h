// Digest authentication (RFC 7616, and RFC 2069's form without qop): what a client answers to a challenge, so that the password
// itself is never sent. MD5 and SHA-256, each also as "-sess". Pure functions but for the counter. Used by http_login.h.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "auth/http_challenge.h"
#include "auth/netrc.h"

namespace genro::storage {

/// A challenge that can be answered, and how often it was. Its nonce serves many requests, counted, until the server calls
/// it stale.
struct DigestChallenge {
  enum class Hash : std::uint8_t { md5, sha256 };
  Hash hash = Hash::md5;
  std::string algorithm;  ///< As the server spells it; "" when it does not say.
  bool session = false;
  bool counts = false;  ///< qop="auth"
  bool hides_user = false;
  bool stale = false;  ///< The nonce before this one was right but old.
  std::string realm;
  std::string nonce;
  std::string opaque;
  mutable std::atomic<std::uint32_t> used{0};
  mutable std::atomic<bool> proved{false};  ///< An answer with this nonce was accepted.
};

/// Nothing for another scheme, for an algorithm that is not known here, and where only the content is protected (auth-int).
std::shared_ptr<const DigestChallenge> digest_challenge(const Challenge& challenge);

/// What one answer is made with, beside the challenge.
struct DigestAnswer {
  std::string_view method;
  std::string_view target;  ///< Path and query, as sent.
  std::uint32_t count = 1;
  std::string_view cnonce;
};
/// The value of an Authorization field.
std::string digest_authorization(const DigestChallenge& challenge, const Login& login, const DigestAnswer& answer);

}  // namespace genro::storage

// RsaKey: a private key that signs by RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, 8.2): "RS256" of JSON web tokens (RFC 7518), and
// the signatures of Google's signed URLs. Used by credentials that prove themselves with a key of their own. It is a secret.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_pkey_st;

namespace genro::storage {

class RsaKey {
 public:
  /// From PEM, PKCS #8 or PKCS #1, without a passphrase. Throws config that says what is wrong, never what was given.
  static RsaKey from_pem(std::string_view pem);

  /// The octets of the signature. Any number of threads at once. It takes a millisecond.
  std::string sign(std::string_view message) const;

 private:
  explicit RsaKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}
  std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace genro::storage

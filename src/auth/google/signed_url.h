// Links that anybody may use for a while, signed as Google's V4 has it by an RSA key or an HMAC key.
// https://cloud.google.com/storage/docs/authentication/signatures
// Used by the gcs backend. Pure functions, no clock. A link is a secret for as long as it is valid.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace genro::storage::goog4 {

struct Link {
  std::string_view method;  // "GET" or "PUT"
  std::string scheme;
  std::string host;  // as the Host header has it
  std::string path;  // of the server's own URL, before bucket and name; "" mostly
  std::string bucket;
  std::string name;
  std::map<std::string, std::string> parameters;  // not yet encoded
  std::int64_t begin_seconds = 0;                 // since 1970
  std::int64_t expires_in = 0;                    // seconds
};

// What has to be signed, and what the signature is put behind.
struct UnsignedLink {
  std::string text;  // to sign
  std::string url;   // lacks the signature's hexadecimal digits
};
enum class LinkKey : bool { rsa, hmac };
// `account`: the mail address of an RSA key's account, or the access id of an HMAC key.
UnsignedLink unsigned_link(const Link& link, LinkKey key, std::string_view account);

// The octets of an HMAC key's signature.
std::string hmac_signature(std::string_view secret, std::string_view text, std::int64_t begin_seconds);

// Without any signature: for a bucket that everybody may read.
std::string plain_link(const Link& link);

}  // namespace genro::storage::goog4

// SharedKey: the signature of a request by an account's key.
// https://learn.microsoft.com/en-us/rest/api/storageservices/authorize-with-shared-key
// Used by the azure backend. Immutable, so that many threads may sign at once. It holds a secret: never print it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "codec/digest.h"

namespace genro::storage::azure {

class SharedKey {
 public:
  /// `key`: base64, as the portal shows it; nothing when it is none.
  static std::optional<SharedKey> parse(std::string account, std::string_view key);

  const std::string& account() const noexcept { return account_; }
  /// The HMAC-SHA256 of a text, as base64.
  std::string sign(std::string_view text) const;
  /// The value of the Authorization field. `headers`: "name: value\r\n" lines; `target`: path and query as they are sent.
  std::string authorization(std::string_view method, std::string_view target, std::string_view headers,
                            std::uint64_t content_length) const;

 private:
  SharedKey(std::string account, HmacSha256 key) : account_(std::move(account)), key_(std::move(key)) {}

  std::string account_;
  HmacSha256 key_;
};

/// What authorization() signs.
std::string text_to_sign(std::string_view account, std::string_view method, std::string_view target,
                         std::string_view headers, std::uint64_t content_length);

}  // namespace genro::storage::azure

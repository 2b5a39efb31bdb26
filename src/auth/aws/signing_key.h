// Keys of AWS Signature Version 4: derived once a day for each access key, region and service, and kept.
// Used by sigv4.h and by backends that sign with it. A SigningKey holds derived secrets: never print or store one.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "codec/digest.h"
#include "core/mutex.h"

namespace genro::storage::sigv4 {

// Whose signature it is. Views: the owner keeps the credentials alive during the call.
struct Identity {
  std::string_view access_key;
  std::string_view secret_key;
  std::string_view session_token;  // "" when the credentials are not temporary
};

// A second of UTC as signatures write it.
class Timestamp {
 public:
  explicit Timestamp(std::chrono::sys_seconds time) noexcept;
  std::string_view date_time() const noexcept { return {text_.data(), text_.size()}; }  // "20130524T000000Z"
  std::string_view date() const noexcept { return {text_.data(), 8}; }

 private:
  std::array<char, 16> text_;
};

class SigningKey {
 public:
  SigningKey(Identity identity, std::string_view date, std::string_view region, std::string_view service);

  const HmacSha256& hmac() const noexcept { return hmac_; }
  std::string_view credential() const noexcept { return credential_; }  // "AKID/20130524/us-east-1/s3/aws4_request"
  std::string_view scope() const noexcept { return std::string_view(credential_).substr(scope_at_); }

 private:
  std::string credential_;
  std::size_t scope_at_;
  HmacSha256 hmac_;
};

// The keys in use, at most kCapacity of them, the oldest replaced first. Thread-safe.
class SigningKeyCache {
 public:
  SigningKeyCache() = default;
  ~SigningKeyCache();
  SigningKeyCache(const SigningKeyCache&) = delete;
  SigningKeyCache& operator=(const SigningKeyCache&) = delete;

  std::shared_ptr<const SigningKey> get(Identity identity, std::string_view date, std::string_view region,
                                        std::string_view service);

 private:
  static constexpr std::size_t kCapacity = 16;
  struct Item {
    std::string secret_key;
    std::string date;
    std::string region;
    std::string service;
    std::string access_key;
    std::shared_ptr<const SigningKey> key;
  };

  Mutex mutex_;
  std::vector<Item> items_;
  std::size_t next_ = 0;
};

}  // namespace genro::storage::sigv4

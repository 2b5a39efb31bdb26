#include "auth/aws/signing_key.h"

#include <openssl/crypto.h>

#include "codec/iso8601.h"

namespace genro::storage::sigv4 {
namespace {

constexpr std::string_view kTerminator = "aws4_request";

// The key derivation of "Calculate a signature", step 3 of AWS's Signature Version 4 documentation.
HmacSha256 derive(std::string_view secret_key, std::string_view date, std::string_view region,
                  std::string_view service) {
  std::string first = "AWS4";
  first += secret_key;
  const HmacSha256::Value date_key = HmacSha256(first).mac(date);
  OPENSSL_cleanse(first.data(), first.size());
  const HmacSha256::Value region_key = HmacSha256(date_key).mac(region);
  const HmacSha256::Value service_key = HmacSha256(region_key).mac(service);
  const HmacSha256::Value signing_key = HmacSha256(service_key).mac(kTerminator);
  return HmacSha256(signing_key);
}

}  // namespace

Timestamp::Timestamp(std::chrono::sys_seconds time) noexcept {
  struct Last {
    std::chrono::sys_seconds time = std::chrono::sys_seconds::min();
    std::array<char, 16> text{};
  };
  thread_local Last last;  // most calls fall into the second of the call before
  if (last.time != time) last = {time, format_compact_iso8601(time)};
  text_ = last.text;
}

SigningKey::SigningKey(Identity identity, std::string_view date, std::string_view region, std::string_view service)
    : scope_at_(identity.access_key.size() + 1), hmac_(derive(identity.secret_key, date, region, service)) {
  credential_.append(identity.access_key).append("/").append(date).append("/").append(region).append("/");
  credential_.append(service).append("/").append(kTerminator);
}

SigningKeyCache::~SigningKeyCache() {
  for (Item& item : items_) OPENSSL_cleanse(item.secret_key.data(), item.secret_key.size());
}

std::shared_ptr<const SigningKey> SigningKeyCache::get(Identity identity, std::string_view date,
                                                       std::string_view region, std::string_view service) {
  const std::lock_guard lock(mutex_);
  for (const Item& item : items_) {
    if (item.date == date && item.access_key == identity.access_key && item.region == region &&
        item.service == service && item.secret_key == identity.secret_key) {
      return item.key;
    }
  }
  Item item{std::string(identity.secret_key),
            std::string(date),
            std::string(region),
            std::string(service),
            std::string(identity.access_key),
            std::make_shared<SigningKey>(identity, date, region, service)};
  std::shared_ptr<const SigningKey> key = item.key;
  if (items_.size() < kCapacity) {
    items_.push_back(std::move(item));
  } else {
    Item& oldest = items_[next_];
    OPENSSL_cleanse(oldest.secret_key.data(), oldest.secret_key.size());
    oldest = std::move(item);
    next_ = (next_ + 1) % kCapacity;
  }
  return key;
}

}  // namespace genro::storage::sigv4

// MD5, SHA-1 and SHA-256 over bytes, and HMAC-SHA256 with its key already absorbed.
// Used by signing, by checksum headers and by content comparison.
// Do not use MD5 or SHA-1 for anything but the integrity fields of a protocol: both are broken as signatures.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

struct evp_md_ctx_st;

namespace genro::storage {

enum class DigestAlgorithm { md5, sha1, sha256 };

constexpr std::size_t digest_size(DigestAlgorithm algorithm) {
  return algorithm == DigestAlgorithm::md5 ? 16 : algorithm == DigestAlgorithm::sha1 ? 20 : 32;
}

struct DigestContextFree {
  void operator()(evp_md_ctx_st* context) const noexcept;
};
using DigestContext = std::unique_ptr<evp_md_ctx_st, DigestContextFree>;

// An incremental digest. Not thread-safe; move-only. Throws std::bad_alloc when OpenSSL cannot allocate.
// MD5 works on machines in FIPS mode too, because it is never used for security here.
template <DigestAlgorithm kAlgorithm>
class Digest {
 public:
  using Value = std::array<std::byte, digest_size(kAlgorithm)>;

  Digest();

  void update(std::span<const std::byte> data);
  void update(std::string_view data) { update(std::as_bytes(std::span(data))); }

  // The digest of everything so far; the object then starts afresh.
  Value finish();

  static Value of(std::span<const std::byte> data);
  static Value of(std::string_view data) { return of(std::as_bytes(std::span(data))); }

 private:
  DigestContext context_;
};

extern template class Digest<DigestAlgorithm::md5>;
extern template class Digest<DigestAlgorithm::sha1>;
extern template class Digest<DigestAlgorithm::sha256>;

using Md5 = Digest<DigestAlgorithm::md5>;
using Sha1 = Digest<DigestAlgorithm::sha1>;
using Sha256 = Digest<DigestAlgorithm::sha256>;

// HMAC-SHA256 (RFC 2104) under one key. The two padded key blocks are hashed once, at construction, so a
// short message costs two compressions and not four. mac() may be called from many threads at once.
class HmacSha256 {
 public:
  using Value = Sha256::Value;

  explicit HmacSha256(std::span<const std::byte> key);
  explicit HmacSha256(std::string_view key) : HmacSha256(std::as_bytes(std::span(key))) {}

  Value mac(std::span<const std::byte> message) const;
  Value mac(std::string_view message) const { return mac(std::as_bytes(std::span(message))); }

  // One message that comes in pieces. The key must outlive it. One thread at a time.
  class Message {
   public:
    explicit Message(const HmacSha256& key);
    void update(std::span<const std::byte> piece);
    Value finish();  // once

   private:
    const HmacSha256& key_;
    DigestContext context_;
  };

 private:
  DigestContext inner_;
  DigestContext outer_;
};

}  // namespace genro::storage

#include "codec/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <new>

#include "core/mutex.h"

namespace genro::storage {
namespace {

// Fetched once a process and never freed: a fetch costs more than hashing a short message.
struct Digests {
  Digests() {
    // MD5 and SHA-1 come from a library context of their own, in which only the default provider is loaded: the
    // system's configuration may select the FIPS provider, which has no MD5, and these are not security uses.
    if (plain && !OSSL_PROVIDER_load(plain.get(), "default")) plain.reset();
    md5.reset(EVP_MD_fetch(plain.get(), "MD5", nullptr));
    sha1.reset(EVP_MD_fetch(plain.get(), "SHA1", nullptr));
    sha256.reset(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  }
  struct Free {
    void operator()(OSSL_LIB_CTX* context) const noexcept { OSSL_LIB_CTX_free(context); }
    void operator()(EVP_MD* digest) const noexcept { EVP_MD_free(digest); }
  };
  std::unique_ptr<OSSL_LIB_CTX, Free> plain{OSSL_LIB_CTX_new()};
  std::unique_ptr<EVP_MD, Free> md5;
  std::unique_ptr<EVP_MD, Free> sha1;
  std::unique_ptr<EVP_MD, Free> sha256;
};

const EVP_MD* fetched(DigestAlgorithm algorithm) {
  static constinit Lasting<Digests> lasting;
  const Digests& digests = lasting.get();
  const EVP_MD* md = (algorithm == DigestAlgorithm::md5    ? digests.md5
                      : algorithm == DigestAlgorithm::sha1 ? digests.sha1
                                                           : digests.sha256)
                         .get();
  if (md == nullptr) throw std::bad_alloc();
  return md;
}

void check_digest(int ok) {
  if (ok != 1) throw std::bad_alloc();  // the only way these calls fail with a fetched digest
}

DigestContext new_context() {
  DigestContext context(EVP_MD_CTX_new());
  if (!context) throw std::bad_alloc();
  return context;
}

template <class Value>
Value take(EVP_MD_CTX* context) {
  Value value;
  check_digest(EVP_DigestFinal_ex(context, reinterpret_cast<unsigned char*>(value.data()), nullptr));
  return value;
}

// One scratch context a thread, so that a short digest allocates nothing that it does not have to.
EVP_MD_CTX* scratch() {
  thread_local const DigestContext context = new_context();
  return context.get();
}

}  // namespace

void DigestContextFree::operator()(evp_md_ctx_st* context) const noexcept { EVP_MD_CTX_free(context); }

template <DigestAlgorithm kAlgorithm>
Digest<kAlgorithm>::Digest() : context_(new_context()) {
  check_digest(EVP_DigestInit_ex(context_.get(), fetched(kAlgorithm), nullptr));
}

template <DigestAlgorithm kAlgorithm>
void Digest<kAlgorithm>::update(std::span<const std::byte> data) {
  check_digest(EVP_DigestUpdate(context_.get(), data.data(), data.size()));
}

template <DigestAlgorithm kAlgorithm>
typename Digest<kAlgorithm>::Value Digest<kAlgorithm>::finish() {
  Value value = take<Value>(context_.get());
  check_digest(EVP_DigestInit_ex(context_.get(), nullptr, nullptr));
  return value;
}

template <DigestAlgorithm kAlgorithm>
typename Digest<kAlgorithm>::Value Digest<kAlgorithm>::of(std::span<const std::byte> data) {
  thread_local Digest digest;
  check_digest(EVP_DigestInit_ex(digest.context_.get(), nullptr, nullptr));
  digest.update(data);
  return take<Value>(digest.context_.get());
}

template class Digest<DigestAlgorithm::md5>;
template class Digest<DigestAlgorithm::sha1>;
template class Digest<DigestAlgorithm::sha256>;

HmacSha256::HmacSha256(std::span<const std::byte> key) : inner_(new_context()), outer_(new_context()) {
  constexpr std::size_t kBlock = 64;
  std::array<std::byte, kBlock> block{};
  if (key.size() > kBlock) {
    const Sha256::Value hashed = Sha256::of(key);
    std::copy(hashed.begin(), hashed.end(), block.begin());
  } else {
    std::copy(key.begin(), key.end(), block.begin());
  }
  const EVP_MD* md = fetched(DigestAlgorithm::sha256);
  for (std::byte& b : block) b ^= std::byte{0x36};
  check_digest(EVP_DigestInit_ex(inner_.get(), md, nullptr));
  check_digest(EVP_DigestUpdate(inner_.get(), block.data(), block.size()));
  for (std::byte& b : block) b ^= std::byte{0x36 ^ 0x5c};
  check_digest(EVP_DigestInit_ex(outer_.get(), md, nullptr));
  check_digest(EVP_DigestUpdate(outer_.get(), block.data(), block.size()));
  OPENSSL_cleanse(block.data(), block.size());
}

HmacSha256::Value HmacSha256::mac(std::span<const std::byte> message) const {
  EVP_MD_CTX* context = scratch();
  check_digest(EVP_MD_CTX_copy_ex(context, inner_.get()));
  check_digest(EVP_DigestUpdate(context, message.data(), message.size()));
  const Value inner = take<Value>(context);
  check_digest(EVP_MD_CTX_copy_ex(context, outer_.get()));
  check_digest(EVP_DigestUpdate(context, inner.data(), inner.size()));
  return take<Value>(context);
}

HmacSha256::Message::Message(const HmacSha256& key) : key_(key), context_(new_context()) {
  check_digest(EVP_MD_CTX_copy_ex(context_.get(), key.inner_.get()));
}

void HmacSha256::Message::update(std::span<const std::byte> piece) {
  check_digest(EVP_DigestUpdate(context_.get(), piece.data(), piece.size()));
}

HmacSha256::Value HmacSha256::Message::finish() {
  const Value inner = take<Value>(context_.get());
  check_digest(EVP_MD_CTX_copy_ex(context_.get(), key_.outer_.get()));
  check_digest(EVP_DigestUpdate(context_.get(), inner.data(), inner.size()));
  return take<Value>(context_.get());
}

}  // namespace genro::storage

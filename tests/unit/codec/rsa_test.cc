#include "codec/rsa.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>
#include <string>

#include "genro/storage/error.h"

namespace genro::storage {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

std::string pem_of(EVP_PKEY* key) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), &BIO_free);
  PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

TEST(RsaKey, signs_what_its_public_half_verifies) {
  const Key key(EVP_RSA_gen(2048), &EVP_PKEY_free);
  const std::string signature = RsaKey::from_pem(pem_of(key.get())).sign("message");
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get());
  const auto octets = [](const std::string& text) { return reinterpret_cast<const unsigned char*>(text.data()); };
  const std::string message = "message";
  EXPECT_EQ(EVP_DigestVerify(context.get(), octets(signature), signature.size(), octets(message), message.size()), 1);
}

TEST(RsaKey, says_what_is_wrong_with_a_key_and_shows_nothing_of_it) {
  const Key curve(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  for (const std::string& pem : {std::string("secret nonsense"), std::string(), pem_of(curve.get())}) {
    try {
      RsaKey::from_pem(pem);
      FAIL() << "took it";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::config);
      EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace genro::storage

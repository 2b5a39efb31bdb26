#include "codec/rsa.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <climits>
#include <new>

#include "codec/digest.h"
#include "genro/storage/error.h"

namespace genro::storage {
namespace {

// Never asks the terminal.
int no_passphrase(char*, int, int, void*) { return 0; }

}  // namespace

RsaKey RsaKey::from_pem(std::string_view pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> text(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size() > INT_MAX ? 0 : pem.size())), &BIO_free);
  if (!text) throw std::bad_alloc();
  std::shared_ptr<evp_pkey_st> key(PEM_read_bio_PrivateKey(text.get(), nullptr, &no_passphrase, nullptr),
                                   &EVP_PKEY_free);
  ERR_clear_error();
  if (!key) throw Error(ErrorCode::config, "the private key is no PEM without a passphrase");
  if (EVP_PKEY_is_a(key.get(), "RSA") != 1) throw Error(ErrorCode::config, "the private key is not an RSA key");
  return RsaKey(std::move(key));
}

std::string RsaKey::sign(std::string_view message) const {
  const DigestContext context(EVP_MD_CTX_new());
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())), '\0');
  std::size_t size = signature.size();
  const bool good = context && EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
                    EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                                   reinterpret_cast<const unsigned char*>(message.data()), message.size()) == 1;
  ERR_clear_error();
  if (!good) throw Error(ErrorCode::config, "the private key cannot sign");
  signature.resize(size);
  return signature;
}

}  // namespace genro::storage

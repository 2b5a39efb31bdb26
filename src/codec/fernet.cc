#include "codec/fernet.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <stdexcept>

#include "core/mutex.h"

namespace genro::storage {
namespace {

constexpr std::byte kVersion{0x80};
constexpr std::size_t kHead = 25;  // version, time, IV
constexpr std::size_t kMac = 32;
constexpr std::size_t kPiece = std::size_t{16} << 10;  // what is encrypted, signed and encoded while it is in the cache

unsigned char* raw(std::byte* bytes) noexcept { return reinterpret_cast<unsigned char*>(bytes); }
const unsigned char* raw(const std::byte* bytes) noexcept { return reinterpret_cast<const unsigned char*>(bytes); }

// Fetched once a process and never freed, as the digests are.
struct Cipher {
  Cipher() = default;
  Cipher(const Cipher&) = delete;
  Cipher& operator=(const Cipher&) = delete;
  ~Cipher() { EVP_CIPHER_free(fetched); }
  EVP_CIPHER* fetched = EVP_CIPHER_fetch(nullptr, "AES-128-CBC", nullptr);
};

const EVP_CIPHER* aes_128_cbc() {
  static constinit Lasting<Cipher> cipher;
  const EVP_CIPHER* const fetched = cipher.get().fetched;
  if (fetched == nullptr) throw std::bad_alloc();
  return fetched;
}

// Freeing the context wipes the key schedule in it.
struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

void check_cipher(int ok) {
  if (ok != 1) throw std::bad_alloc();  // the only way these calls fail with a fetched cipher
}

CipherContext new_cipher(const std::byte* key, const std::byte* iv, bool encrypts) {
  CipherContext context(EVP_CIPHER_CTX_new());
  if (!context) throw std::bad_alloc();
  check_cipher(EVP_CipherInit_ex2(context.get(), aes_128_cbc(), raw(key), raw(iv), encrypts ? 1 : 0, nullptr));
  return context;
}

/// Token bytes on their way into base64, which takes them by threes.
class Encoding {
 public:
  Encoding(const HmacSha256& key, char* out) : mac_(key), out_(out) {}

  std::byte* room() noexcept { return held_.data() + size_; }
  /// `size` bytes were put into room().
  void add(std::size_t size) {
    mac_.update({room(), size});
    size_ += size;
    const std::size_t whole = size_ - size_ % 3;
    base64_encode_to({held_.data(), whole}, out_, Base64Alphabet::url_safe);
    out_ += base64_encoded_size(whole);
    std::memmove(held_.data(), held_.data() + whole, size_ - whole);
    size_ -= whole;
  }
  void finish() {
    const HmacSha256::Value mac = mac_.finish();
    std::copy(mac.begin(), mac.end(), room());
    base64_encode_to({held_.data(), size_ + mac.size()}, out_, Base64Alphabet::url_safe);
  }

 private:
  HmacSha256::Message mac_;
  char* out_;
  std::size_t size_ = 0;
  std::array<std::byte, 3 + kPiece + kMac> held_;
};

/// Calls the pause after enough of the small pieces.
class Pauses {
 public:
  explicit Pauses(const Pause& pause) : pause_(pause) {}
  void after(std::size_t size) {
    if ((since_ += size) < kPauseEvery) return;
    since_ = 0;
    pause_();
  }

 private:
  const Pause& pause_;
  std::size_t since_ = 0;
};

}  // namespace

std::optional<std::size_t> fernet_decode(std::string_view text, std::byte* out, const Pause& pause) {
  const std::optional<std::size_t> size = base64_decode_to(text, out, Base64Rules::lenient, pause);
  if (!size || *size < kFernetFrame + kFernetBlock || out[0] != kVersion) return std::nullopt;
  if ((*size - kFernetFrame) % kFernetBlock != 0) return std::nullopt;
  return size;
}

FernetKey::FernetKey(std::span<const std::byte, 32> key) : signing_(key.first<16>()) {
  std::copy(key.begin() + 16, key.end(), cipher_.begin());
}

FernetKey::~FernetKey() { OPENSSL_cleanse(cipher_.data(), cipher_.size()); }

std::optional<FernetKey> FernetKey::parse(std::string_view text) {
  if (text.size() != base64_encoded_size(32)) return std::nullopt;
  std::array<std::byte, 44 / 4 * 3 + 3> bytes;
  const std::optional<std::size_t> size = base64_decode_to(text, bytes.data(), Base64Rules::lenient);
  std::optional<FernetKey> key;
  if (size == 32) key = FernetKey(std::span(bytes).first<32>());
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return key;
}

void FernetKey::encrypt(std::span<const std::byte> plain, std::uint64_t unix_seconds, char* out,
                        const Pause& pause) const {
  Iv iv;
  if (RAND_bytes(raw(iv.data()), static_cast<int>(iv.size())) != 1) {
    throw std::runtime_error("the system gives no random bytes");
  }
  encrypt(plain, unix_seconds, iv, out, pause);
}

void FernetKey::encrypt(std::span<const std::byte> plain, std::uint64_t unix_seconds, const Iv& iv, char* out,
                        const Pause& pause) const {
  Pauses pauses(pause);
  const CipherContext context = new_cipher(cipher_.data(), iv.data(), true);
  Encoding encoding(signing_, out);
  std::byte* head = encoding.room();
  head[0] = kVersion;
  for (unsigned i = 0; i < 8; ++i) head[1 + i] = static_cast<std::byte>(unix_seconds >> (56 - 8 * i));
  std::copy(iv.begin(), iv.end(), head + 9);
  encoding.add(kHead);
  int written = 0;
  while (!plain.empty()) {
    const std::span<const std::byte> piece = plain.first(std::min(plain.size(), kPiece));
    check_cipher(EVP_CipherUpdate(context.get(), raw(encoding.room()), &written, raw(piece.data()),
                                  static_cast<int>(piece.size())));
    encoding.add(static_cast<std::size_t>(written));
    plain = plain.subspan(piece.size());
    pauses.after(piece.size());
  }
  check_cipher(EVP_CipherFinal_ex(context.get(), raw(encoding.room()), &written));
  encoding.add(static_cast<std::size_t>(written));
  encoding.finish();
}

bool FernetKey::signed_by(std::span<const std::byte> token, const Pause& pause) const {
  if (token.size() < kFernetFrame + kFernetBlock) return false;
  HmacSha256::Message message(signing_);
  for (std::span<const std::byte> left = token.first(token.size() - kMac); !left.empty();) {
    const std::span<const std::byte> piece = left.first(std::min(left.size(), kPauseEvery));
    message.update(piece);
    left = left.subspan(piece.size());
    pause();
  }
  const HmacSha256::Value mac = message.finish();
  return CRYPTO_memcmp(mac.data(), token.last<kMac>().data(), kMac) == 0;
}

std::optional<std::size_t> FernetKey::open(std::span<std::byte> token, const Pause& pause) const {
  Pauses pauses(pause);
  const CipherContext context = new_cipher(cipher_.data(), token.data() + 9, false);
  std::span<std::byte> left = token.subspan(kHead, token.size() - kFernetFrame);
  // OpenSSL decrypts over the very place or elsewhere, not over a place a little before: hence by pieces.
  std::array<std::byte, kPiece + kFernetBlock> piece;
  std::byte* out = token.data();
  int written = 0;
  while (!left.empty()) {
    const std::size_t size = std::min(left.size(), kPiece);
    check_cipher(
        EVP_CipherUpdate(context.get(), raw(piece.data()), &written, raw(left.data()), static_cast<int>(size)));
    out = std::copy_n(piece.data(), written, out);
    left = left.subspan(size);
    pauses.after(size);
  }
  const bool padded = EVP_CipherFinal_ex(context.get(), raw(piece.data()), &written) == 1;
  if (padded) {
    out = std::copy_n(piece.data(), written, out);
  } else {
    ERR_clear_error();
  }
  OPENSSL_cleanse(piece.data(), piece.size());
  if (!padded) return std::nullopt;
  return static_cast<std::size_t>(out - token.data());
}

}  // namespace genro::storage

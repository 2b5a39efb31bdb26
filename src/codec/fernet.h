// Fernet (https://github.com/fernet/spec): content encrypted with AES-128-CBC and HMAC-SHA256, as URL-safe base64 text.
// Used by node/envelope. A token is 0x80, the time in seconds (8 bytes, big endian), an IV of 16 bytes, the padded
// ciphertext and an HMAC of 32 bytes over all before it. Never look at plaintext of a token whose HMAC was not checked.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "codec/base64.h"
#include "codec/digest.h"
#include "codec/pause.h"

namespace genro::storage {

inline constexpr std::size_t kFernetFrame = 57;  // bytes of a token that are not ciphertext
inline constexpr std::size_t kFernetBlock = 16;
inline void no_pause() noexcept {}

/// Characters of the token for a plaintext of this many bytes.
constexpr std::size_t fernet_token_size(std::size_t plain_size) noexcept {
  return base64_encoded_size(kFernetFrame + kFernetBlock * (plain_size / kFernetBlock + 1));
}

/// Decodes a token's text into `out`, which must hold text.size() / 4 * 3 + 3 bytes, and gives the token's size. Nothing when
/// no key at all could have made it. White space, the alphabet, and whatever follows the padding make no difference.
/// Here and below, `pause` is called now and then: what it throws ends the work.
std::optional<std::size_t> fernet_decode(std::string_view text, std::byte* out, const Pause& pause = no_pause);

/// 128 bits to sign and 128 bits to encrypt. Move-only; its memory is wiped when it goes. May be used by many threads at once.
class FernetKey {
 public:
  using Iv = std::array<std::byte, kFernetBlock>;

  /// From 44 characters of padded base64 (either alphabet); nothing when they are not 32 bytes.
  static std::optional<FernetKey> parse(std::string_view text);
  FernetKey(FernetKey&&) noexcept = default;
  FernetKey& operator=(FernetKey&&) noexcept = default;
  ~FernetKey();

  /// Writes fernet_token_size(plain.size()) characters to `out`, in one pass over the plaintext.
  /// Throws std::bad_alloc, or std::runtime_error when the system gives no random bytes for the IV.
  void encrypt(std::span<const std::byte> plain, std::uint64_t unix_seconds, char* out,
               const Pause& pause = no_pause) const;
  /// With an IV of the caller's, which must never be used twice.
  void encrypt(std::span<const std::byte> plain, std::uint64_t unix_seconds, const Iv& iv, char* out,
               const Pause& pause = no_pause) const;

  /// Whether this key signed the decoded token. Takes the same time wherever the difference is.
  bool signed_by(std::span<const std::byte> token, const Pause& pause = no_pause) const;
  /// Decrypts a token that signed_by() accepted, over itself: the plaintext then stands at token.data(). Gives its size;
  /// nothing when the padding is wrong, which only a maker of tokens that holds the key can bring about.
  std::optional<std::size_t> open(std::span<std::byte> token, const Pause& pause = no_pause) const;

 private:
  explicit FernetKey(std::span<const std::byte, 32> key);

  HmacSha256 signing_;
  std::array<std::byte, kFernetBlock> cipher_;
};

}  // namespace genro::storage

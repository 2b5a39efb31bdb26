// The envelope: how encrypted content is stored, "#GNRE1:" + domain + LF + a Fernet token. Recognised by its header alone,
// so reading needs no configuration. Used by encryption.h.
// The header only says which keys to try: changing it can make opening fail, never give other content.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

#include "genro/storage/bytes.h"
#include "genro/storage/encryption.h"
#include "node/encryption/key_ring.h"

namespace genro::storage {

/// Whether content may be an envelope: one comparison, all that plain content ever costs.
inline bool begins_envelope(std::span<const std::byte> stored) noexcept {
  return stored.size() > kEnvelopePrefix.size() &&
         std::memcmp(stored.data(), kEnvelopePrefix.data(), kEnvelopePrefix.size()) == 0;
}

struct EnvelopeHeader {
  std::string_view domain;  ///< a view into the stored content
  std::size_t size;         ///< bytes before the token
};
/// The header of an envelope; nothing when the content, of which `stored` is the whole or at least the first
/// kEnvelopeMaxHeader bytes, is none.
std::optional<EnvelopeHeader> envelope_header(std::string_view stored) noexcept;

/// Stored bytes for a plaintext of this many bytes.
constexpr std::size_t envelope_size(std::string_view domain, std::size_t plain_size) noexcept {
  return kEnvelopePrefix.size() + domain.size() + 1 + fernet_token_size(plain_size);
}

/// Seals under the first key of the domain, in one pass and one buffer. Throws config, missing_key.
/// Here and below, what `pause` throws ends the work.
Bytes make_envelope(const KeySet& keys, std::string_view domain, std::uint64_t unix_seconds, const Bytes& plain,
                    const Pause& pause = no_pause);
/// Takes one envelope off; content that is none comes back as it is. Throws missing_key, undecryptable.
/// Every key of the domain is tried on the HMAC; nothing is decrypted before one of them fits.
Bytes open_envelope(const KeySet& keys, Bytes stored, const Pause& pause = no_pause);

}  // namespace genro::storage

// Base64 (RFC 4648), standard and URL-safe.
// Used by the base64 backend, checksum headers, credentials and encrypted content.
// Choose the rules by where the text comes from: `strict` for protocols, `tolerant` for what a person typed.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/pause.h"

namespace genro::storage {

enum class Base64Alphabet { standard, url_safe };

enum class Base64Rules {
  strict,    // the standard alphabet, padded, nothing else; unused bits must be zero
  url_safe,  // '-' and '_' for '+' and '/', padding optional; otherwise strict
  // The standard alphabet, padded. Spaces and line feeds anywhere and any white space around the text are
  // ignored, and unused bits may be anything. A carriage return inside is an error.
  tolerant,
  // Either alphabet, padded. White space anywhere, whatever follows the padding, and unused bits are ignored: what
  // decoders of Fernet tokens take. Only for bytes whose integrity something else proves.
  lenient,
};

constexpr std::size_t base64_encoded_size(std::size_t bytes) noexcept { return (bytes + 2) / 3 * 4; }

// Writes base64_encoded_size(data.size()) characters, padding included, to `out`.
void base64_encode_to(std::span<const std::byte> data, char* out,
                      Base64Alphabet alphabet = Base64Alphabet::standard) noexcept;

std::string base64_encode(std::span<const std::byte> data, Base64Alphabet alphabet = Base64Alphabet::standard);
inline std::string base64_encode(std::string_view data) { return base64_encode(std::as_bytes(std::span(data))); }

// Decodes into `out`, which must hold text.size() / 4 * 3 + 3 bytes. Returns how many were written, or nothing
// when the text breaks the rules (`out` then holds rubbish).
std::optional<std::size_t> base64_decode_to(std::string_view text, std::byte* out, Base64Rules rules) noexcept;
// The same for long texts; throws what `pause` throws.
std::optional<std::size_t> base64_decode_to(std::string_view text, std::byte* out, Base64Rules rules,
                                            const Pause& pause);

std::optional<std::vector<std::byte>> base64_decode(std::string_view text, Base64Rules rules = Base64Rules::strict);

// The decoded length, found without decoding; nothing when the text breaks the rules.
std::optional<std::size_t> base64_decoded_size(std::string_view text, Base64Rules rules) noexcept;
std::optional<std::size_t> base64_decoded_size(std::string_view text, Base64Rules rules, const Pause& pause);

}  // namespace genro::storage

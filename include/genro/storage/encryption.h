// What content is encrypted under: a choice of each write or of a mount, and the constants of the stored form.
// Used by WriteOptions and StorageManager. Reading needs none of it: stored content says itself how to read it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

namespace genro::storage {

/// false: as it is. true: under the default domain, that of the first installed key. A text: under this domain; "" is the
/// unnamed one.
using Encrypted = std::variant<bool, std::string>;

/// Encrypted content is stored as this, the domain (at most 64 of a-z 0-9 _ -), a line feed, and a Fernet token.
inline constexpr std::string_view kEnvelopePrefix = "#GNRE1:";
inline constexpr std::size_t kEnvelopeMaxHeader = 128;  ///< The line feed stands within so many bytes.

}  // namespace genro::storage

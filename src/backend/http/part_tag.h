// PartTag: what an upload session keeps of each finished part, and how the checksums of parts become that of the whole.
// Used by backends over HTTP whose uploads go in parts.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "backend/http/checksum.h"

namespace genro::storage {

/// As one text: the ETag, then, after blanks, size and checksum.
struct PartTag {
  std::string etag;
  std::uint64_t size = 0;  ///< bytes
  Checksum checksum;

  std::string to_string() const;
  static PartTag parse(std::string_view text);  ///< Throws invalid_argument.
};

/// The checksum of the parts put together. Unknown when a part has none or another algorithm, or when the algorithm
/// cannot be combined (SHA).
Checksum combine(std::span<const PartTag> parts);

/// The ETag that S3 and those who speak its protocol give an object of these parts: the MD5 of their MD5s, "-", their number.
/// "" when an ETag of a part is no MD5, or a tag is none.
std::string etag_of_parts(std::span<const std::string> tags);

}  // namespace genro::storage

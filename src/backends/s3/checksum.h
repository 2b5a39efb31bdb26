// The checksums of S3 (x-amz-checksum-…): which there are, how one is computed while bytes pass, and how those of the
// parts of an upload become that of the object.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
// Used by the S3 backend only. A checksum of checksums ("…-3", COMPOSITE) says nothing about the whole: it is skipped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "codec/crc.h"
#include "codec/digest.h"
#include "net/http.h"

namespace genro::storage::s3 {

enum class ChecksumAlgorithm : unsigned char { none, crc64nvme, crc32c, crc32, sha256, sha1 };

std::string_view header_name(ChecksumAlgorithm algorithm) noexcept;     // "x-amz-checksum-crc64nvme"; "" for none
std::string_view algorithm_name(ChecksumAlgorithm algorithm) noexcept;  // "CRC64NVME"; "" for none
std::string_view element_name(ChecksumAlgorithm algorithm) noexcept;    // "ChecksumCRC64NVME"; "" for none

// A checksum as S3 writes it: the algorithm and the base64 text.
struct Checksum {
  ChecksumAlgorithm algorithm = ChecksumAlgorithm::none;
  std::string text;
  bool known() const noexcept { return algorithm != ChecksumAlgorithm::none; }
  friend bool operator==(const Checksum&, const Checksum&) = default;
};

// A checksum in the making.
class Checksummer {
 public:
  explicit Checksummer(ChecksumAlgorithm algorithm);
  void update(std::span<const std::byte> data);
  Checksum finish();

 private:
  ChecksumAlgorithm algorithm_;
  std::variant<std::monostate, Crc64Nvme, Crc32c, Crc32, Sha256, Sha1> state_;
};

// The checksum of the whole object among the headers of a response; the quickest to verify when there are several.
// Unknown when there is none or only composite ones.
Checksum object_checksum(const HttpHead& head);

// What a session keeps of a finished part, as one text: its ETag, then, after blanks, size and checksum.
struct PartTag {
  std::string etag;
  std::uint64_t size = 0;
  Checksum checksum;

  std::string to_string() const;
  static PartTag parse(std::string_view text);  // throws invalid_argument
};

// The checksum of the parts put together. Unknown when a part has none or another algorithm, or when the algorithm
// cannot be combined (SHA).
Checksum combine(std::span<const PartTag> parts);

}  // namespace genro::storage::s3

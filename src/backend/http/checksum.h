// Checksums that stores over HTTP keep of their contents, computed while bytes pass. What a store calls them, and in which
// fields, its own backend knows. Those of parts become that of the whole in part_tag.h.
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
#include "genro/storage/backend.h"
#include "genro/storage/bytes.h"
#include "genro/storage/task.h"

namespace genro::storage {

enum class ChecksumAlgorithm : unsigned char { none, crc64nvme, crc32c, crc32, sha256, sha1, md5 };

std::string_view algorithm_name(ChecksumAlgorithm algorithm) noexcept;  ///< "CRC64NVME"; "" for none
ChecksumAlgorithm algorithm_named(std::string_view name) noexcept;      ///< none for an unknown name
std::size_t text_size(ChecksumAlgorithm algorithm) noexcept;            ///< Characters of its base64.

/// A checksum as it stands in a header: the algorithm, and the base64 of the big-endian value.
struct Checksum {
  ChecksumAlgorithm algorithm = ChecksumAlgorithm::none;
  std::string text;
  bool known() const noexcept { return algorithm != ChecksumAlgorithm::none; }
  friend bool operator==(const Checksum&, const Checksum&) = default;
};

/// A checksum in the making.
class Checksummer {
 public:
  explicit Checksummer(ChecksumAlgorithm algorithm);
  void update(std::span<const std::byte> data);
  Checksum finish();

 private:
  ChecksumAlgorithm algorithm_;
  std::variant<std::monostate, Crc64Nvme, Crc32c, Crc32, Sha256, Sha1, Md5> state_;
};

/// The checksum of a body, reading a file in chunks, with turns for others in between.
Task<Checksum> checksum_of(Body body, ChecksumAlgorithm algorithm);
/// Of what is in memory.
Checksum checksum_of(std::span<const Bytes> pieces, ChecksumAlgorithm algorithm);

/// As a number; nothing where it is none of the CRCs.
std::optional<ContentChecksum> content_checksum(const Checksum& checksum);

/// Throws corrupt when the server names another checksum of what it stored than what was sent.
void require_checksum(const Checksum& sent, const Checksum& stored, std::string_view operation,
                      const std::string& path);

}  // namespace genro::storage

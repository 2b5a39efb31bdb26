// Checks a content that arrives in pieces against the checksum that the server keeps of the whole: pieces in order
// (RunningCheck), or parts beside each other, the pieces of each in order (PartsCheck). Used by parallel reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "codec/crc.h"
#include "genro/storage/backend.h"

namespace genro::storage {

using AnyCrc = std::variant<Crc64Nvme, Crc32c, Crc32>;

class RunningCheck {
 public:
  explicit RunningCheck(const ContentChecksum& expected);
  void update(std::span<const std::byte> data);
  /// Throws corrupt unless what has passed is the expected content.
  void require(const std::string& path) const;

 private:
  ContentChecksum expected_;
  AnyCrc state_;
};

class PartsCheck {
 public:
  /// Without a checksum it does nothing.
  PartsCheck(std::optional<ContentChecksum> expected, std::uint64_t size, std::uint64_t part_size);
  /// The next bytes of a part. Different parts may be given from different threads.
  void update(std::size_t index, std::span<const std::byte> data);
  /// After the last part. Throws corrupt.
  void require(const std::string& path) const;

 private:
  std::optional<ContentChecksum> expected_;
  std::uint64_t size_;
  std::uint64_t part_size_;
  std::vector<AnyCrc> parts_;
};

}  // namespace genro::storage

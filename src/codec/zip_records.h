// The records of a ZIP archive (PKWARE APPNOTE 6.3, with ZIP64), as bytes. Used by the archive that node streams.
// Pure: no file, no clock. A member larger than what 32 bits hold, and more than 65,535 members, get their ZIP64 forms.
#pragma once

#include <cstdint>
#include <string>

namespace genro::storage {

struct ZipRecord {
  static constexpr std::int64_t kNoTime = INT64_MIN;
  std::string name;                ///< "/"-separated, at most 65,535 bytes
  bool utf8 = true;                ///< Whether the name is UTF-8; else readers guess.
  std::int64_t mtime_s = kNoTime;  ///< Unix seconds
  std::uint32_t mode = 0644;       ///< permission bits
  std::uint32_t crc = 0;
  std::uint64_t size = 0;
  std::uint64_t compressed = 0;
  std::uint64_t offset = 0;  ///< of the local header
  bool streamed = false;     ///< CRC and sizes follow the data, in a descriptor.
  bool large = false;        ///< Streamed only: sizes may need more than 32 bits.
};

/// In front of the data. Streamed: CRC and sizes are left open.
std::string zip_local_header(const ZipRecord& record);
/// Behind the data of a streamed member.
std::string zip_descriptor(const ZipRecord& record);
/// One entry of the directory at the end.
std::string zip_directory_entry(const ZipRecord& record);
/// What ends the archive.
std::string zip_end(std::uint64_t members, std::uint64_t directory_offset, std::uint64_t directory_size);

}  // namespace genro::storage

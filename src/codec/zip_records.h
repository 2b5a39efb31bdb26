// The records of a ZIP archive (PKWARE APPNOTE 6.3, with ZIP64), as bytes. Used by the archive that node streams.
// Pure: no file, no clock. Sizes, offsets and numbers of members that 32 or 16 bits do not hold get their ZIP64 forms; what
// has none is an error: a name of more than 65,535 bytes (invalid_argument), a streamed member that outgrew the form it was
// begun in (protocol).
#pragma once

#include <cstdint>
#include <string>

namespace genro::storage {

struct ZipRecord {
  static constexpr std::int64_t kNoTime = INT64_MIN;
  static constexpr std::size_t kLongestName = UINT16_MAX;
  static constexpr std::uint64_t kLargest32 = UINT32_MAX - 1;  ///< The next one means "see the ZIP64 field".
  std::string name;                                            ///< "/"-separated, at most kLongestName bytes
  bool utf8 = true;                                            ///< Whether the name is UTF-8; else readers guess.
  std::int64_t mtime_s = kNoTime;                              ///< Unix seconds
  std::uint32_t mode = 0644;                                   ///< permission bits
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

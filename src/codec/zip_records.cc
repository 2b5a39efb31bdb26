#include "codec/zip_records.h"

#include <algorithm>
#include <concepts>
#include <ctime>
#include <limits>
#include <utility>

#include "genro/storage/error.h"

namespace genro::storage {
namespace {

constexpr std::uint32_t kOpen32 = 0xFFFFFFFF;  // "look into the ZIP64 field"
constexpr std::uint16_t kOpen16 = 0xFFFF;
constexpr std::uint16_t kDeflate = 8;
constexpr std::uint32_t kUnix = 3;
constexpr std::uint32_t kFlagStreamed = 1U << 3;
constexpr std::uint32_t kFlagUtf8 = 1U << 11;
constexpr std::uint32_t kRegularFile = 0100000;

/// Little-endian fields one after the other.
class Fields {
 public:
  template <std::unsigned_integral T>
  Fields& add(T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i)
      text_ += static_cast<char>(static_cast<unsigned char>(value >> (8 * i)));
    return *this;
  }
  Fields& add(const std::string& text) {
    text_ += text;
    return *this;
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

constexpr std::uint16_t u16(std::uint64_t value) { return static_cast<std::uint16_t>(value); }
constexpr std::uint32_t u32(std::uint64_t value) { return static_cast<std::uint32_t>(value); }

/// A field that has no larger form: a number that were cut short would make an archive that nobody can read.
std::uint16_t only16(std::uint64_t value, const char* what) {
  if (value <= std::numeric_limits<std::uint16_t>::max()) return u16(value);
  throw Error(
      ErrorCode::invalid_argument, "zip", "",
      std::string("a ZIP archive cannot hold ") + what + " of " + std::to_string(value) + " bytes: at most 65535");
}
std::uint32_t only32(std::uint64_t value, const ZipRecord& record) {
  if (value <= ZipRecord::kLargest32) return u32(value);
  throw Error(ErrorCode::protocol, "zip", record.name, "the content is longer than it was announced to be");
}
std::uint32_t open_or(std::uint64_t value) { return value >= kOpen32 ? kOpen32 : u32(value); }

bool is_ascii(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// MS-DOS time and date, which are local and know 1980 to 2107.
std::pair<std::uint16_t, std::uint16_t> dos_time(std::int64_t unix_seconds) {
  constexpr std::pair<std::uint16_t, std::uint16_t> kFirst{0, (1U << 5) | 1U};
  constexpr std::pair<std::uint16_t, std::uint16_t> kLast{(23U << 11) | (59U << 5) | 29U,
                                                          (127U << 9) | (12U << 5) | 31U};
  if (unix_seconds == ZipRecord::kNoTime) return kFirst;
  const auto time = static_cast<std::time_t>(unix_seconds);
  std::tm local{};
  if (!localtime_r(&time, &local)) return unix_seconds < 0 ? kFirst : kLast;
  if (local.tm_year > 207) return kLast;
  if (local.tm_year < 80) return kFirst;
  const auto field = [](int value) { return static_cast<unsigned>(value); };
  return {u16((field(local.tm_hour) << 11) | (field(local.tm_min) << 5) | field(std::min(local.tm_sec, 59) / 2)),
          u16((field(local.tm_year - 80) << 9) | (field(local.tm_mon + 1) << 5) | field(local.tm_mday))};
}

/// Info-ZIP's "UT" field: the time in UTC, to the second.
std::string timestamp_field(std::int64_t unix_seconds) {
  using Limits = std::numeric_limits<std::int32_t>;
  if (unix_seconds < Limits::min() || unix_seconds > Limits::max()) return {};
  constexpr std::uint8_t kHasModification = 1;
  return Fields()
      .add(std::uint16_t{0x5455})
      .add(std::uint16_t{5})
      .add(kHasModification)
      .add(static_cast<std::uint32_t>(static_cast<std::int32_t>(unix_seconds)))
      .take();
}

std::string zip64_field(const std::string& values) {
  return Fields().add(std::uint16_t{1}).add(only16(values.size(), "an extra field")).add(values).take();
}

bool needs_zip64(const ZipRecord& record) {
  return record.streamed ? record.large : record.size >= kOpen32 || record.compressed >= kOpen32;
}

std::uint16_t flags_of(const ZipRecord& record) {
  const std::uint32_t streamed = record.streamed ? kFlagStreamed : 0U;
  return u16(streamed | (record.utf8 && !is_ascii(record.name) ? kFlagUtf8 : 0U));
}

}  // namespace

std::string zip_local_header(const ZipRecord& record) {
  const bool zip64 = needs_zip64(record);
  const std::uint64_t size = record.streamed ? 0 : record.size;
  const std::uint64_t compressed = record.streamed ? 0 : record.compressed;
  std::string extra = timestamp_field(record.mtime_s);
  if (zip64) extra += zip64_field(Fields().add(size).add(compressed).take());
  const auto [time, date] = dos_time(record.mtime_s);
  return Fields()
      .add(std::uint32_t{0x04034b50})
      .add(u16(zip64 ? 45U : 20U))
      .add(flags_of(record))
      .add(kDeflate)
      .add(time)
      .add(date)
      .add(record.streamed ? 0U : record.crc)
      .add(zip64 ? kOpen32 : u32(compressed))
      .add(zip64 ? kOpen32 : u32(size))
      .add(only16(record.name.size(), "a member's name"))
      .add(only16(extra.size(), "an extra field"))
      .add(record.name)
      .add(extra)
      .take();
}

std::string zip_descriptor(const ZipRecord& record) {
  Fields fields;
  fields.add(std::uint32_t{0x08074b50}).add(record.crc);
  if (record.large) return fields.add(record.compressed).add(record.size).take();
  return fields.add(only32(record.compressed, record)).add(only32(record.size, record)).take();
}

std::string zip_directory_entry(const ZipRecord& record) {
  Fields large;
  if (record.size >= kOpen32) large.add(record.size);
  if (record.compressed >= kOpen32) large.add(record.compressed);
  if (record.offset >= kOpen32) large.add(record.offset);
  const std::string values = large.take();
  const bool zip64 = !values.empty() || needs_zip64(record);
  std::string extra = timestamp_field(record.mtime_s);
  if (!values.empty()) extra += zip64_field(values);
  const auto [time, date] = dos_time(record.mtime_s);
  const std::uint16_t version = u16(zip64 ? 45U : 20U);
  return Fields()
      .add(std::uint32_t{0x02014b50})
      .add(u16((kUnix << 8) | version))
      .add(version)
      .add(flags_of(record))
      .add(kDeflate)
      .add(time)
      .add(date)
      .add(record.crc)
      .add(open_or(record.compressed))
      .add(open_or(record.size))
      .add(only16(record.name.size(), "a member's name"))
      .add(only16(extra.size(), "an extra field"))
      .add(std::uint16_t{0})  // comment
      .add(std::uint16_t{0})  // disk
      .add(std::uint16_t{0})  // internal attributes
      .add(u32((kRegularFile | (record.mode & 0777U)) << 16))
      .add(open_or(record.offset))
      .add(record.name)
      .add(extra)
      .take();
}

std::string zip_end(std::uint64_t members, std::uint64_t directory_offset, std::uint64_t directory_size) {
  Fields fields;
  if (members >= kOpen16 || directory_offset >= kOpen32 || directory_size >= kOpen32) {
    constexpr std::uint64_t kRestOfRecord = 44;
    fields.add(std::uint32_t{0x06064b50}).add(kRestOfRecord).add(u16((kUnix << 8) | 45U)).add(std::uint16_t{45});
    fields.add(std::uint32_t{0}).add(std::uint32_t{0}).add(members).add(members);
    fields.add(directory_size).add(directory_offset);
    // The locator, which says where that record begins.
    fields.add(std::uint32_t{0x07064b50}).add(std::uint32_t{0}).add(directory_offset + directory_size);
    fields.add(std::uint32_t{1});
  }
  const std::uint16_t count = members >= kOpen16 ? kOpen16 : u16(members);
  fields.add(std::uint32_t{0x06054b50}).add(std::uint16_t{0}).add(std::uint16_t{0}).add(count).add(count);
  return fields.add(open_or(directory_size)).add(open_or(directory_offset)).add(std::uint16_t{0}).take();
}

}  // namespace genro::storage

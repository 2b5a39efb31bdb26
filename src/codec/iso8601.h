// Times as ISO 8601 writes them in S3 pages and credentials, and the compact form of AWS signatures.
// Used by S3, signing and credential sources. Calendar dates with a clock only: no weeks, no ordinal days.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace genro::storage {

// "2009-10-12T17:50:30.000Z": any number of fraction digits (nanoseconds are kept), 'T' or a space, "Z", "+hh:mm",
// "+hhmm" or nothing (UTC); and the compact "20091012T175030Z". Nanoseconds since the Unix epoch, or nothing when
// the text is no such time or lies outside of the years 1678 to 2261.
std::optional<std::int64_t> parse_iso8601(std::string_view text);

// "2009-10-12T17:50:30Z"
std::string format_iso8601(std::chrono::sys_seconds time);

// "20091012T175030Z"; its first eight characters are the date. Years 0 to 9999.
std::array<char, 16> format_compact_iso8601(std::chrono::sys_seconds time) noexcept;

}  // namespace genro::storage

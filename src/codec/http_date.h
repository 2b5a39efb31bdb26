// Times as HTTP writes them (RFC 9110 section 5.6.7).
// Used by HTTP backends for Last-Modified and Date.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace genro::storage {

// "Sun, 06 Nov 1994 08:49:37 GMT". Nanoseconds since the Unix epoch, cut to seconds.
std::string http_date(std::int64_t wall_ns);

// IMF-fixdate, and the two obsolete forms that a recipient must accept (RFC 850's and asctime's), as nanoseconds
// since the Unix epoch. Nothing for any other text, and for years outside of 1678 to 2261. The day's name is not
// checked against the date.
std::optional<std::int64_t> parse_http_date(std::string_view text) noexcept;

}  // namespace genro::storage

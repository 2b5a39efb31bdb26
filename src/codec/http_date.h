// Times as HTTP writes them (RFC 9110 section 5.6.7).
// Used by HTTP backends for Last-Modified and Date.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace genro::storage {

// "Sun, 06 Nov 1994 08:49:37 GMT". Years 0 to 9999.
std::string format_http_date(std::chrono::sys_seconds time);

// IMF-fixdate, and the two obsolete forms that a recipient must accept (RFC 850's and asctime's).
// Nothing for any other text. The day's name is not checked against the date.
std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text);

}  // namespace genro::storage

// The Range and Content-Range fields (RFC 9110, 14.2 and 14.4), as a client needs them. Pure functions over hostile text.
// Used by backends over HTTP. (What a server needs of them is net/serve_ranges.h.)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "genro/storage/options.h"
#include "net/http.h"

namespace genro::storage {

/// "bytes 2-5/10": what a 206 carries. `size` is that of the whole content.
struct ContentRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;  ///< one past the last byte
  std::uint64_t size = 0;
};
/// Nothing for a range that makes no sense, and for one of a content whose size is not said ("/*").
std::optional<ContentRange> parse_content_range(std::string_view text) noexcept;

/// "bytes=2-5" or "bytes=2-". The range must not be empty.
std::string range_value(ByteRange range);

/// The size of the whole content of a GET or HEAD (200 or 206); nothing where a 200 does not say it. Throws protocol for a
/// 206 that does not say which part of how much it is.
std::optional<std::uint64_t> content_size(const HttpHead& head);
/// The same of a server that always says it. Throws protocol when it does not.
std::uint64_t required_size(const HttpHead& head);

}  // namespace genro::storage

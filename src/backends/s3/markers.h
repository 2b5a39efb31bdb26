// Where a page of versions or of open uploads begins: two markers, which for loops over pages are one token.
// Used by the S3 backend.
#pragma once

#include <string>
#include <string_view>

namespace genro::storage::s3 {

struct Markers {
  std::string key;
  std::string inner;  // of a version or an upload of that key
};

// Neither has a NUL in it: they come from XML. Never "".
inline std::string token_of(const Markers& markers) {
  return std::string(markers.key).append(1, '\0').append(markers.inner);
}

// Of token "": the first page.
inline Markers markers_of(std::string_view token) {
  const std::size_t end = token.find('\0');
  if (end == std::string_view::npos) return {};
  return {std::string(token.substr(0, end)), std::string(token.substr(end + 1))};
}

}  // namespace genro::storage::s3

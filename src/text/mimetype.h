// Media types by file name, from a compiled-in table (IANA's registry, and long-used names where it has none), so that
// the answer never depends on the host. Used by nodes and uploads. It looks at the name only, never at content.
#pragma once

#include <string_view>

namespace genro::storage {

/// "text/html" for "index.HTML"; "application/octet-stream" when unknown. "x.tar.gz" and "x.tgz" are tar archives, a plain "x.gz" is not known.
std::string_view mimetype_of(std::string_view name) noexcept;

}  // namespace genro::storage

// Whatever a user writes as a path: it is refused, or it comes out clean, and cleaning it again changes nothing.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/path.h"
#include "genro/storage/error.h"

namespace path = genro::storage::path;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string clean;
  try {
    clean = path::clean(text);
  } catch (const genro::storage::Error&) {
    return 0;
  }
  if (!path::is_clean(clean) || path::clean(clean) != clean) std::abort();
  const std::string_view name = path::name(clean);
  if (std::string(path::stem(name)) + std::string(path::suffix(name)) != name) std::abort();
  if (path::join(path::parent(clean), name) != clean) std::abort();
  const auto [first, rest] = path::split_first(clean);
  if (path::join(first, rest) != clean || !path::is_within(clean, first)) std::abort();
  return 0;
}

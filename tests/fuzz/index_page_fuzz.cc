// Whatever a web server sends as an index: it is refused with an Error, or its entries have names that can be joined to a path.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "backends/http/index_page.h"
#include "genro/storage/error.h"

namespace http = genro::storage::http;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view document(reinterpret_cast<const char*>(data), size);
  const genro::storage::Uri folder = genro::storage::Uri::parse("http://host/a%20b/");
  for (const char* type : {"text/html", "application/json"}) {
    try {
      for (const genro::storage::Entry& entry : http::parse_index(document, type, folder).entries) {
        const bool name = !entry.path.empty() && entry.path != "." && entry.path != "..";
        if (!name || entry.path.find('/') != std::string::npos) std::abort();
      }
    } catch (const genro::storage::Error& error) {
      if (error.code() != genro::storage::ErrorCode::protocol) std::abort();
    }
  }
  return 0;
}

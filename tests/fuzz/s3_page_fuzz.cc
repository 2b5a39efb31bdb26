// Whatever a server sends as XML: every parser either refuses it with an Error or gives values that keep its promises.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "backends/s3/pages.h"
#include "codec/xml_text.h"
#include "genro/storage/error.h"

namespace s3 = genro::storage::s3;

namespace {

void check_listing(std::string_view document) {
  const genro::storage::ObjectPage page = s3::parse_object_page(document, "p/");
  for (const genro::storage::Entry& entry : page.page.entries) {
    if (entry.path.empty()) std::abort();
    if (!page.found) std::abort();
  }
}

template <class Parse>
void attempt(Parse parse) {
  try {
    parse();
  } catch (const genro::storage::Error& error) {
    if (error.code() != genro::storage::ErrorCode::protocol) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view document(reinterpret_cast<const char*>(data), size);
  attempt([document] { check_listing(document); });
  attempt([document] { s3::parse_version_page(document, "p/k"); });
  attempt([document] { s3::parse_upload_id(document); });
  attempt([document] { s3::parse_stored(document); });
  attempt([document] { s3::parse_delete_errors(document, &s3::DeleteError::key, {}); });
  genro::storage::parse_error_document(document);
  std::string escaped;
  genro::storage::xml_escape_to(document, escaped);
  if (genro::storage::xml_unescape(escaped) != document) std::abort();
  return 0;
}

// Whatever a server sends as JSON, or as the answers of a batch: every parser either refuses it with an Error or gives values that
// keep its promises.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "backend/http/batch.h"
#include "backends/gcs/answers.h"
#include "genro/storage/error.h"

namespace gcs = genro::storage::gcs;

namespace {

void check_listing(std::string_view document) {
  const genro::storage::ObjectPage page = gcs::parse_object_page(document, "p/");
  for (const genro::storage::Entry& entry : page.page.entries) {
    if (entry.path.empty() || !page.found) std::abort();
  }
}

void check_object(std::string_view document) {
  const gcs::Object object = gcs::parse_object(document);
  if (object.entry.path.empty() || !object.entry.metadata) std::abort();
  if (!object.entry.md5.empty() && object.entry.md5.size() != 32) std::abort();
}

void check_versions(std::string_view document) {
  for (const gcs::VersionPage::Item& item : gcs::parse_version_page(document, "p/k").items) {
    if (item.version.is_latest == (item.deleted_ns != genro::storage::Entry::kNoTime)) std::abort();
  }
}

void check_copy(std::string_view document) {
  const gcs::Rewrite step = gcs::parse_rewrite(document);
  if (step.token.empty() != step.object.has_value()) std::abort();
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
  attempt([document] { check_object(document); });
  attempt([document] { check_versions(document); });
  attempt([document] { check_copy(document); });
  attempt([document] {
    if (genro::storage::parse_batch(document, "multipart/mixed; boundary=b", 2).size() != 2) std::abort();
  });
  gcs::parse_error(document);
  return 0;
}

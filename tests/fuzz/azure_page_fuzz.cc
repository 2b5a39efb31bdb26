// Whatever a server sends to an Azure mount: every parser either refuses it with an Error or gives values that keep its promises.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "auth/azure/delegation_key.h"
#include "backends/azure/pages.h"
#include "genro/storage/error.h"

namespace azure = genro::storage::azure;

namespace {

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
  attempt([document] {
    for (const genro::storage::Entry& entry : azure::parse_blob_page(document, "p/").page.entries) {
      if (entry.path.empty()) std::abort();
    }
  });
  attempt([document] { azure::parse_version_page(document, "p/k"); });
  attempt([document] { azure::parse_block_list(document); });
  attempt([document] { azure::parse_delegation_key(document); });
  return 0;
}

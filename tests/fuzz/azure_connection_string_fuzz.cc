// Whatever is given as a connection string of Azure: it is refused as a wrong configuration, or what it gives has a place.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "auth/azure/connection_string.h"
#include "genro/storage/error.h"

namespace azure = genro::storage::azure;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const azure::ConnectionString parsed = azure::parse_connection_string(text);
    if (parsed.blob_endpoint.empty() || parsed.blob_endpoint.ends_with('/')) std::abort();
    if (parsed.sas.starts_with('?')) std::abort();
  } catch (const genro::storage::Error& error) {
    if (error.code() != genro::storage::ErrorCode::config) std::abort();
  }
  return 0;
}

// Whatever a server answers to a batch of Azure's: the first line is its content type, the rest its body. It is refused with an
// Error, or there is one answer for each call, of which it can be said what it means.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "backend/http/batch.h"
#include "backends/azure/error.h"

namespace storage = genro::storage;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kCalls = 3;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t line = std::min(text.find('\n'), text.size());
  try {
    const auto answers = storage::parse_batch(text.substr(std::min(line + 1, size)), text.substr(0, line), kCalls);
    if (answers.size() != kCalls) std::abort();
    for (const storage::BatchAnswer& answer : answers) {
      if (!answer.head.ok()) static_cast<void>(storage::azure::error_of(answer.head, answer.body, "key", 0).what());
    }
  } catch (const storage::Error& error) {
    if (error.code() != storage::ErrorCode::protocol) std::abort();
  }
  return 0;
}

// Decoding never reads or writes outside its buffers, all forms agree on what is valid, and what was decoded encodes back.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "codec/base64.h"

using namespace genro::storage;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const Base64Rules rules :
       {Base64Rules::strict, Base64Rules::url_safe, Base64Rules::tolerant, Base64Rules::lenient}) {
    const auto decoded = base64_decode(text, rules);
    const auto decoded_size = base64_decoded_size(text, rules);
    if (decoded.has_value() != decoded_size.has_value()) std::abort();
    if (!decoded) continue;
    if (decoded->size() != *decoded_size) std::abort();
    // Strict text is canonical: there is exactly one way to write its bytes.
    if (rules == Base64Rules::strict && base64_encode(*decoded) != text) std::abort();
    if (rules == Base64Rules::tolerant && base64_decode(base64_encode(*decoded)) != decoded) std::abort();
  }
  return 0;
}

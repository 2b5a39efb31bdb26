// Header fields of a request, one a line, as hostile clients send them: whatever they are, the ranges lie inside of the
// file and apart from each other, and a download name stays one line of ASCII. The first byte chooses the file's size.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/content_disposition.h"
#include "net/serve_conditions.h"
#include "net/serve_ranges.h"

using namespace genro::storage;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::uint64_t file_size = data[0] == 255 ? UINT64_MAX : data[0];
  std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);

  const AskedRanges asked = parse_ranges(text, file_size);
  if ((asked.kind == AskedRanges::Kind::partial) == asked.ranges.empty()) std::abort();
  if (asked.ranges.size() > kMostRanges) std::abort();
  for (std::size_t i = 0; i < asked.ranges.size(); ++i) {
    const ByteRange& range = asked.ranges[i];
    if (range.begin >= range.end || range.end > file_size) std::abort();
    for (std::size_t j = 0; j < i; ++j) {
      if (range.begin < asked.ranges[j].end && asked.ranges[j].begin < range.end) std::abort();
    }
  }

  for (const char c : content_disposition(text)) {
    if (c < ' ' || c >= '\x7f') std::abort();
  }

  ServeRequest request;
  constexpr std::string_view kNames[] = {"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since",
                                         "If-Range"};
  for (std::size_t i = 0; !text.empty(); ++i) {
    const std::size_t end = text.find('\n');
    request.headers.emplace_back(kNames[i % std::size(kNames)], text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  const Validators validators{"1.5-10", 1'500'000'000};
  (void)evaluate_conditions(request, validators);
  (void)range_still_valid(request, validators, 10'000'000'000);
  return 0;
}

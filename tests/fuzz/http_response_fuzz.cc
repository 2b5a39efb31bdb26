// A response is read the same however its bytes are split, and never a byte beyond what has come.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "genro/storage/error.h"
#include "net/http_error.h"
#include "net/http_parser.h"

using namespace genro::storage;

namespace {

struct Outcome {
  std::optional<ErrorCode> failure;
  int status = 0;
  std::string etag;
  std::string body;
  std::size_t used = 0;
  bool done = false;
  bool operator==(const Outcome&) const = default;
};

// The bytes come in runs of `step`. Each run is copied to memory of its exact size, so that the sanitizer sees overreads.
Outcome read(std::string_view wire, std::size_t step, bool bodiless) {
  Outcome outcome;
  HttpHead head;
  HttpHeadParser heads;
  HttpBodyDecoder decoder;
  bool in_body = false;
  try {
    for (std::size_t end = 0; end < wire.size();) {
      end = std::min(end + step, wire.size());
      bool stuck = false;
      while (!stuck && outcome.used < end) {
        const std::vector<char> exact(wire.begin() + static_cast<std::ptrdiff_t>(outcome.used),
                                      wire.begin() + static_cast<std::ptrdiff_t>(end));
        const std::string_view there(exact.data(), exact.size());
        if (!in_body) {
          const std::size_t size = heads.parse(there, head);
          stuck = size == 0;
          outcome.used += size;
          if (!stuck && head.status >= 200) {
            in_body = true;
            decoder.start(head, bodiless);
          }
        } else if (decoder.done()) {
          stuck = true;
        } else if (decoder.direct() == 0) {
          outcome.used += decoder.parse(there);
        } else {
          const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(decoder.direct(), there.size()));
          outcome.body.append(there.substr(0, size));
          outcome.used += size;
          decoder.took(size);
        }
      }
    }
    if (in_body) {
      outcome.status = head.status;
      outcome.etag = head.etag();
      outcome.done = decoder.done();
      static_cast<void>(error_of_response(head, {}, 0).what());
      decoder.end_of_stream();
    }
  } catch (const Error& error) {
    outcome.failure = error.code();
    outcome.used = 0;  // how far the body got before depends on the runs, the verdict does not
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 20000) return 0;
  const bool bodiless = (data[0] & 1) != 0;
  const std::size_t step = 1 + (data[0] >> 1);
  const std::string_view wire(reinterpret_cast<const char*>(data + 1), size - 1);
  const Outcome whole = read(wire, SIZE_MAX / 2, bodiless);
  const Outcome split = read(wire, step, bodiless);
  if (!(whole == split)) std::abort();
  return 0;
}

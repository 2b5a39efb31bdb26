// Limits of requests that a server counts, as its refusals tell them: Retry-After (RFC 9110, 10.2.3) and the X-RateLimit fields that
// GitHub and many others send. Used by clients of such servers. RateLimit is a pure reading of a head; RateGate is thread-safe.
// https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/http.h"

namespace genro::storage {

struct RateLimit {
  double wait = 0;       ///< Seconds until the server answers again.
  bool primary = false;  ///< What is allowed in a period is used up; else it came too fast.
  std::string allowed;   ///< Requests in a period, "" where it is not said.
};
/// What a refusal (403 or 429) says; nothing where it is of another kind. `words`: those of its body.
std::optional<RateLimit> rate_limit_of(const HttpHead& head, std::string_view words, std::int64_t wall_ns);

/// Closed while a server said to wait: who goes on asking is shut out for longer.
class RateGate {
 public:
  void close_until(std::int64_t wall_ns) noexcept { until_ns_.store(wall_ns, std::memory_order_relaxed); }
  /// When it opens, in nanoseconds since the Unix epoch; nothing while it is open.
  std::optional<std::int64_t> closed(std::int64_t wall_ns) const noexcept {
    const std::int64_t until = until_ns_.load(std::memory_order_relaxed);
    return until > wall_ns ? std::optional(until) : std::nullopt;
  }

 private:
  std::atomic<std::int64_t> until_ns_{0};
};

}  // namespace genro::storage

#include "backend/http/rate_limit.h"

#include <algorithm>
#include <charconv>

#include "codec/http_date.h"
#include "net/http_error.h"

namespace genro::storage {
namespace {

constexpr double kLongestLimit = 86400;  // seconds
constexpr double kUnsaidWait = 60;       // what GitHub asks for where its answer names no time

std::optional<std::int64_t> number_field(const HttpHead& head, std::string_view name) {
  const std::string_view text = head.find(name);
  std::int64_t number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  return status == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

/// Seconds; negative for a refusal of another kind.
double asked_wait(const HttpHead& head, std::string_view words, std::int64_t wall_ns) {
  if (head.status != 403 && head.status != 429) return -1;
  const double wait = retry_after(head, wall_ns);
  if (wait >= 0) return wait;
  const std::optional<std::int64_t> reset = number_field(head, "x-ratelimit-reset");
  if (reset && number_field(head, "x-ratelimit-remaining") == 0) {
    // By its own clock, where it says what that shows.
    const std::int64_t now = parse_http_date(head.find("date")).value_or(wall_ns);
    return std::clamp(static_cast<double>(*reset) - static_cast<double>(now) * 1e-9, 0.0, kLongestLimit);
  }
  const bool limit = head.status == 429 || words.find("rate limit") != std::string_view::npos;
  return limit ? kUnsaidWait : -1;
}

}  // namespace

std::optional<RateLimit> rate_limit_of(const HttpHead& head, std::string_view words, std::int64_t wall_ns) {
  RateLimit limit;
  limit.wait = asked_wait(head, words, wall_ns);
  if (limit.wait < 0) return std::nullopt;
  limit.primary = number_field(head, "x-ratelimit-remaining") == 0;
  if (number_field(head, "x-ratelimit-limit")) limit.allowed = head.find("x-ratelimit-limit");
  return limit;
}

}  // namespace genro::storage

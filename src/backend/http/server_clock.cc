#include "backend/http/server_clock.h"

#include <optional>

#include "codec/http_date.h"

namespace genro::storage {
namespace {

// S3 and Azure refuse what is more than 15 minutes off; less than this is no reason of a refusal.
constexpr std::int64_t kTolerableSkew = 240'000'000'000;

}  // namespace

bool ServerClock::set_by(const HttpHead& head) {
  const std::optional<std::int64_t> theirs = parse_http_date(head.find("date"));
  if (!theirs) return false;
  const std::int64_t off = *theirs - wall_ns();
  if (off > -kTolerableSkew && off < kTolerableSkew) return false;
  skew_ns_.store(*theirs - clock_.wall_ns(), std::memory_order_relaxed);
  return true;
}

}  // namespace genro::storage

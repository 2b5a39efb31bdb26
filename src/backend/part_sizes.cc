#include "backend/part_sizes.h"

#include <algorithm>

namespace genro::storage {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

std::uint64_t divided_up(std::uint64_t a, std::uint64_t b) noexcept { return a / b + (a % b == 0 ? 0 : 1); }

std::uint64_t within(const Limits& limits, std::uint64_t size) noexcept {
  return std::min(std::max({size, limits.part_size_min, std::uint64_t{1}}), limits.part_size_max);
}

}  // namespace

std::uint64_t part_size_for(const Limits& limits, std::uint64_t total, std::uint64_t base) noexcept {
  const std::uint64_t least = divided_up(total, std::max<std::uint64_t>(1, limits.part_count_max));
  return within(limits, least <= base ? base : divided_up(least, kMiB) * kMiB);
}

std::uint64_t growing_part_size(const Limits& limits, std::uint64_t base, int number) noexcept {
  const std::uint64_t tenth = std::max<std::uint64_t>(1, limits.part_count_max / 10);
  const std::uint64_t tenths = static_cast<std::uint64_t>(std::max(number, 1) - 1) / tenth;
  const std::uint64_t doublings = tenths <= 4 ? 0 : std::min<std::uint64_t>(tenths - 4, 9);
  return within(limits, base << doublings);
}

}  // namespace genro::storage

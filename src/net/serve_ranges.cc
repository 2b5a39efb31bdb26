#include "net/serve_ranges.h"

#include <algorithm>
#include <optional>

#include "net/ascii.h"

namespace genro::storage {
namespace {

/// Cuts digits off the front; beyond 64 bits the number is as large as one can be. Nothing when there are none.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t value = 0;
  std::size_t count = 0;
  for (; count < text.size() && text[count] >= '0' && text[count] <= '9'; ++count) {
    const auto digit = static_cast<std::uint64_t>(text[count] - '0');
    value = value > (UINT64_MAX - digit) / 10 ? UINT64_MAX : value * 10 + digit;
  }
  if (count == 0) return std::nullopt;
  text.remove_prefix(count);
  return value;
}

std::string_view without_blanks(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

struct Spec {
  ByteRange range;
  bool satisfiable = false;
  std::size_t order = 0;
};

/// One "first-last", "first-" or "-suffix". Nothing for any other text.
std::optional<Spec> parse_spec(std::string_view text, std::uint64_t size) {
  const std::optional<std::uint64_t> first = take_number(text);
  if (!text.starts_with('-')) return std::nullopt;
  text.remove_prefix(1);
  const std::optional<std::uint64_t> last = take_number(text);
  if (!text.empty() || (!first && !last) || (first && last && *last < *first)) return std::nullopt;
  Spec spec;
  if (first) {
    spec.range = {*first, last ? std::min(*last, UINT64_MAX - 1) + 1 : size};
    spec.satisfiable = *first < size;
  } else {
    spec.range = {size - std::min(*last, size), size};
    spec.satisfiable = *last > 0;
  }
  spec.range.end = std::min(spec.range.end, size);
  return spec;
}

/// Overlapping ranges become one, which stands where the earliest of them was asked.
std::vector<ByteRange> merged(std::vector<Spec> specs) {
  std::sort(specs.begin(), specs.end(), [](const Spec& a, const Spec& b) { return a.range.begin < b.range.begin; });
  std::vector<Spec> apart;
  for (const Spec& spec : specs) {
    if (!apart.empty() && spec.range.begin < apart.back().range.end) {
      apart.back().range.end = std::max(apart.back().range.end, spec.range.end);
      apart.back().order = std::min(apart.back().order, spec.order);
    } else {
      apart.push_back(spec);
    }
  }
  std::sort(apart.begin(), apart.end(), [](const Spec& a, const Spec& b) { return a.order < b.order; });
  std::vector<ByteRange> ranges;
  ranges.reserve(apart.size());
  for (const Spec& spec : apart) ranges.push_back(spec.range);
  return ranges;
}

}  // namespace

AskedRanges parse_ranges(std::string_view field, std::uint64_t size) {
  const std::size_t equals = field.find('=');
  if (equals == std::string_view::npos || !equal_ignoring_case(without_blanks(field.substr(0, equals)), "bytes")) {
    return {};
  }
  std::vector<Spec> specs;
  std::size_t asked = 0;
  for (std::string_view rest = field.substr(equals + 1);;) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view item = without_blanks(rest.substr(0, comma));
    if (!item.empty()) {
      std::optional<Spec> spec = parse_spec(item, size);
      if (!spec || ++asked > kMostRanges) return {};
      spec->order = asked;
      if (spec->satisfiable) specs.push_back(*spec);
    }
    if (comma == rest.size()) break;
    rest.remove_prefix(comma + 1);
  }
  if (asked == 0) return {};
  if (specs.empty()) return {AskedRanges::Kind::unsatisfiable, {}};
  if (size == 0) return {};  // the end of an empty file: all of it, and no Content-Range can say so
  return {AskedRanges::Kind::partial, merged(std::move(specs))};
}

}  // namespace genro::storage

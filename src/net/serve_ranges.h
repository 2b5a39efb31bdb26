// The Range field (RFC 9110 section 14): which parts of a file a request asks for.
// Used by Node::serve. A pure function over hostile text; what it gives lies inside of the file and does not overlap.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "genro/storage/options.h"

namespace genro::storage {

struct AskedRanges {
  enum class Kind : unsigned char {
    whole,         ///< No range, another unit, bad syntax or too many: the field is to be ignored.
    partial,       ///< `ranges`, half-open, in the order asked; overlapping ones are one.
    unsatisfiable  ///< All of them begin beyond the end.
  };
  Kind kind = Kind::whole;
  std::vector<ByteRange> ranges;
};

/// More ranges than this are not worth their overhead to anybody but an attacker (section 14.2).
inline constexpr std::size_t kMostRanges = 64;

AskedRanges parse_ranges(std::string_view field, std::uint64_t size);

}  // namespace genro::storage

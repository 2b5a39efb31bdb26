// The plan of a vectored read: which of the asked ranges share one request. Pure functions, used by reader.cc only.
// A run never grows beyond its limit by merging, but a single range larger than the limit stays whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "genro/storage/bytes.h"
#include "genro/storage/options.h"

namespace genro::storage {

// Reading a gap costs less than another request: about what arrives within one round trip, or one page of a file.
inline constexpr std::uint64_t kNetworkGap = std::uint64_t{256} << 10;
inline constexpr std::uint64_t kLocalGap = 4096;

struct RangeRun {
  ByteRange range;
  std::vector<std::size_t> members;  ///< indices of the ranges that it serves
};

/// Empty ranges need no request and are in no run. Throws invalid_argument when a range ends before it begins.
std::vector<RangeRun> plan_runs(const std::vector<ByteRange>& ranges, std::uint64_t gap, std::uint64_t limit);

/// The bytes of `range` out of those of its run, cut at the end of the file. Throws out_of_range when it begins there or beyond.
Bytes cut_range(const Bytes& data, const RangeRun& run, const ByteRange& range, const std::string& path);

}  // namespace genro::storage

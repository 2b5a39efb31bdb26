#include "backend/range_plan.h"

#include <algorithm>

#include "genro/storage/error.h"

namespace genro::storage {

std::vector<RangeRun> plan_runs(const std::vector<ByteRange>& ranges, std::uint64_t gap, std::uint64_t limit) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (ranges[i].end < ranges[i].begin) throw Error(ErrorCode::invalid_argument, "a range ends before it begins");
    if (ranges[i].end > ranges[i].begin) order.push_back(i);
  }
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return ranges[a].begin < ranges[b].begin; });
  std::vector<RangeRun> runs;
  for (const std::size_t index : order) {
    const ByteRange& range = ranges[index];
    if (!runs.empty()) {
      ByteRange& last = runs.back().range;
      const std::uint64_t end = std::max(last.end, range.end);
      const bool adjacent = range.begin <= last.end || range.begin - last.end <= gap;
      const bool inside = range.end <= last.end;
      if (inside || (adjacent && end != ByteRange::kToEnd && end - last.begin <= limit)) {
        last.end = end;
        runs.back().members.push_back(index);
        continue;
      }
    }
    runs.push_back({range, {index}});
  }
  return runs;
}

Bytes cut_range(const Bytes& data, const RangeRun& run, const ByteRange& range, const std::string& path) {
  const std::uint64_t offset = range.begin - run.range.begin;
  if (offset >= data.size()) {
    throw Error(ErrorCode::out_of_range, "read", path,
                "the range begins at " + std::to_string(range.begin) + ", behind the last byte");
  }
  const std::uint64_t size = std::min<std::uint64_t>(range.end - range.begin, data.size() - offset);
  const Bytes piece = data.slice(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
  // A small piece must not keep a whole run in memory.
  return size * 2 >= data.size() ? piece : Bytes::copy_of(piece.span());
}

}  // namespace genro::storage

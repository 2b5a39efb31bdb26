// The frame of all fault tests. A point is one run of one scenario in which one call fails in one way, once or from then on,
// or in which the operation is cancelled at one turn of its loop. After each point the scenario's own rules are checked, and
// that nothing which the run allocated is left (coroutine frames, uploads, readers: rule R8).
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <ostream>
#include <string>

namespace genro::storage::test {

/// Blocks from operator new that are alive now, in the whole program (fault_points.cc).
std::int64_t live_blocks() noexcept;
/// Counts points; the sum is printed when all tests have run.
void count_point() noexcept;

/// Runs one point again when it seems to leak: what is made once and kept (a table, a cache, one helper thread after the
/// other) is no leak. What leaks does so every time.
inline void run_point(const std::string& name, const std::function<void()>& run) {
  SCOPED_TRACE(name);
  count_point();
  constexpr int kTimes = 8;
  for (int time = 1; time <= kTimes; ++time) {
    const std::int64_t before = live_blocks();
    run();
    const std::int64_t left = live_blocks() - before;
    if (left <= 0 || testing::Test::HasFailure()) return;
    if (time == kTimes) ADD_FAILURE() << left << " blocks of memory are left";
  }
}

}  // namespace genro::storage::test

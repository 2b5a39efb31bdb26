// The frame of all fault tests. A point is one run of one scenario in which one call fails in one way, once or from then on,
// or in which the operation is cancelled at one turn of its loop. After each point the scenario's own rules are checked, and
// that nothing which the run allocated is left (coroutine frames, uploads, readers: rule R8).
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <ostream>
#include <string>

#include "genro/storage/task.h"

namespace genro::storage::test {

/// An operation on the world of a test, and the rules that hold after it, whether it succeeded or not.
template <class World>
struct ScenarioOn {
  const char* name;
  Task<void> (*act)(World& world);
  void (*check)(World& world, bool succeeded);
  friend void PrintTo(const ScenarioOn& scenario, std::ostream* out) { *out << scenario.name; }
};

/// Blocks from operator new that are alive now, in the whole program (counted_memory.cc).
std::int64_t live_blocks() noexcept;
/// Runs one point, and once again when it seems to leak: what is made once and kept (a table, a cache) is no leak.
/// Helper threads, which are kept too, are all started before the first point.
void run_point(const std::string& name, const std::function<void()>& run);

}  // namespace genro::storage::test

#include "faults/fault_points.h"

#include <atomic>
#include <cstdio>

namespace {
std::atomic<std::uint64_t> points{0};

class PrintPoints final : public testing::Environment {
 public:
  void TearDown() override { std::printf("fault points: %llu\n", static_cast<unsigned long long>(points.load())); }
};
const testing::Environment* const printer = testing::AddGlobalTestEnvironment(new PrintPoints);
}  // namespace

namespace genro::storage::test {

void count_point() noexcept { points.fetch_add(1, std::memory_order_relaxed); }

}  // namespace genro::storage::test

#include "faults/fault_points.h"

#include <chrono>
#include <cstdio>
#include <latch>
#include <vector>

#include "core/env.h"
#include "loop/offload.h"
#include "loop/poller.h"

namespace genro::storage::test {
namespace {

std::uint64_t points = 0;

/// Keeps a helper thread until all of them are kept.
class HeldThread final : public BlockingJob {
 public:
  HeldThread(std::latch& gate, std::latch& ended) : gate_(&gate), ended_(&ended) {}
  void work() noexcept override { gate_->wait(); }
  void run() noexcept override { ended_->count_down(); }

 private:
  std::latch* gate_;
  std::latch* ended_;
};

/// A thread is started for a job that finds none idle, and none is idle here before the last job was given.
void start_all_helper_threads() {
  constexpr int kJobs = 64;  // more than there ever are threads
  Loop loop(Loop::Kind::reactor, *Env::system().clock, make_poll_poller());
  std::latch gate(1);
  std::latch ended(kJobs);
  std::vector<HeldThread> jobs(kJobs, HeldThread(gate, ended));
  for (HeldThread& job : jobs) {
    job.loop = &loop;
    submit_blocking(job);
  }
  gate.count_down();
  Loop::Drive driving(loop);
  while (!ended.try_wait()) loop.run_once(std::chrono::milliseconds(1));  // bounded: the last ones may end in one turn
}

class AroundAllPoints final : public testing::Environment {
 public:
  void SetUp() override { start_all_helper_threads(); }
  void TearDown() override { std::printf("fault points: %llu\n", static_cast<unsigned long long>(points)); }
};
const testing::Environment* const around = testing::AddGlobalTestEnvironment(new AroundAllPoints);

}  // namespace

void run_point(const std::string& name, const std::function<void()>& run) {
  SCOPED_TRACE(name);
  ++points;
  for (const bool again : {false, true}) {
    const std::int64_t before = live_blocks();
    run();
    const std::int64_t left = live_blocks() - before;
    if (left <= 0 || testing::Test::HasFailure()) return;
    if (again) ADD_FAILURE() << left << " blocks of memory are left";
  }
}

}  // namespace genro::storage::test

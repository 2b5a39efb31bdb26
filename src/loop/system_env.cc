#include <time.h>
#include <unistd.h>

#include <atomic>
#include <random>

#include "core/env.h"
#include "core/mutex.h"
#include "loop/system_files.h"
#include "loop/system_network.h"

namespace genro::storage {
namespace {

class SystemClock final : public Clock {
 public:
  TimePoint now() noexcept override { return std::chrono::steady_clock::now(); }
  std::int64_t wall_ns() noexcept override {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
  }
};

class SystemRandom final : public Random {
 public:
  // splitmix64 over a shared counter: uniform, lock-free; backoff jitter and temporary names need no more. The process id
  // keeps a forked child, which starts from the same counter, from repeating its parent's numbers.
  std::uint64_t next() noexcept override {
    std::uint64_t z = state_.fetch_add(0x9e3779b97f4a7c15ULL, std::memory_order_relaxed);
    z += static_cast<std::uint64_t>(getpid()) * 0xd1342543de82ef95ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

 private:
  static std::uint64_t seed() {
    std::random_device device;
    return (static_cast<std::uint64_t>(device()) << 32) | device();
  }
  std::atomic<std::uint64_t> state_{seed()};
};

}  // namespace

Env& Env::system() noexcept {
  struct World {
    SystemClock clock;
    SystemRandom random;
    Env env{&clock, &random, &system_files(), &system_network()};
  };
  static constinit Lasting<World> world;
  return world.get().env;
}

}  // namespace genro::storage

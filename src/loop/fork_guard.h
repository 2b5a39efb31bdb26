// ForkGuard: keeps a mutex usable in a forked child. While any thread forks, the registered mutexes are held, so that what
// they guard is whole in the child. Used for the process-wide state of loop, net and auth.
// Never hold two registered mutexes at once, nor make or destroy a guard while holding one.
#pragma once

#include <mutex>

namespace genro::storage {

class ForkGuard {
 public:
  explicit ForkGuard(std::mutex& mutex);
  ~ForkGuard();
  ForkGuard(const ForkGuard&) = delete;
  ForkGuard& operator=(const ForkGuard&) = delete;

 private:
  friend struct ForkGuards;
  std::mutex& mutex_;
  ForkGuard* previous_ = nullptr;
  ForkGuard* next_ = nullptr;
};

}  // namespace genro::storage

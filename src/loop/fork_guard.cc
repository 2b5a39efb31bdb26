#include "loop/fork_guard.h"

#include <pthread.h>

namespace genro::storage {

struct ForkGuards {
  std::mutex mutex;
  ForkGuard* first = nullptr;

  static ForkGuards& instance() {
    static ForkGuards* const guards = [] {
      pthread_atfork([] { instance().lock_all(); }, [] { instance().unlock_all(); }, [] { instance().unlock_all(); });
      return new ForkGuards;
    }();
    return *guards;
  }
  void lock_all() {
    mutex.lock();
    for (ForkGuard* guard = first; guard; guard = guard->next_) guard->mutex_.lock();
  }
  void unlock_all() {
    for (ForkGuard* guard = first; guard; guard = guard->next_) guard->mutex_.unlock();
    mutex.unlock();
  }
};

ForkGuard::ForkGuard(std::mutex& mutex) : mutex_(mutex) {
  ForkGuards& guards = ForkGuards::instance();
  const std::lock_guard lock(guards.mutex);
  next_ = guards.first;
  if (next_) next_->previous_ = this;
  guards.first = this;
}

ForkGuard::~ForkGuard() {
  ForkGuards& guards = ForkGuards::instance();
  const std::lock_guard lock(guards.mutex);
  (previous_ ? previous_->next_ : guards.first) = next_;
  if (next_) next_->previous_ = previous_;
}

}  // namespace genro::storage

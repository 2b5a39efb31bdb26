// ThreadTime: how much a thread computes, seen from another one. Used by the thread pool to tell threads that wait from
// threads that work. Where the system has no such clock every thread seems to wait.
#pragma once

#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"

namespace genro::storage {

class ThreadTime {
 public:
  /// Of the calling thread, which must live as long as others ask.
  ThreadTime() noexcept {
#if defined(_POSIX_THREAD_CPUTIME) && _POSIX_THREAD_CPUTIME >= 0
    known_ = pthread_getcpuclockid(pthread_self(), &clock_) == 0;
#endif
  }
  void mark() noexcept { marked_ = total(); }
  /// Processor time since the mark, or since the thread began.
  Duration since_mark() const noexcept { return total() - marked_; }

 private:
  Duration total() const noexcept {
    timespec now{};
    if (!known_ || clock_gettime(clock_, &now) != 0) return Duration::zero();
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
  }

  clockid_t clock_{};
  bool known_ = false;
  Duration marked_{};
};

}  // namespace genro::storage

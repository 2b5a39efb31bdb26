// ThreadShare: how many of the helper threads a kind of work may have at once, so that no kind keeps another one waiting:
// a mount whose disk hangs has its own, and name look-ups do not stand behind callbacks. Used with offload().
// Only make one and hand it to offload(); the rest of it belongs to the pool (thread_pool.cc), under the pool's mutex.
#pragma once

#include <cstddef>

#include "loop/loop.h"

namespace genro::storage {

class BlockingJob;

/// First in, first out; the jobs themselves are its links.
class JobQueue {
 public:
  bool empty() const noexcept { return !first_; }
  void push(BlockingJob& job) noexcept;
  /// Null when it is empty.
  BlockingJob* pop() noexcept;

 private:
  Job* first_ = nullptr;
  Job* last_ = nullptr;
};

/// A share must outlive the operations whose jobs were submitted with it. It keeps no memory and no thread.
class ThreadShare {
 public:
  /// For jobs that wait for nothing but the system: never for other jobs, nor for code that is not ours. Such a share has
  /// `most` threads at once; 0 = the usual number, which suits a machine's own disks.
  explicit ThreadShare(std::size_t most = 0) noexcept : most_(most) {}
  ThreadShare(const ThreadShare&) = delete;
  ThreadShare& operator=(const ThreadShare&) = delete;

  /// Of all work that names no other: callbacks, Python backends, and what keeps the processor busy. Its jobs may wait for
  /// anything, jobs that stand behind them included: when nothing moves any more, more threads take part.
  static ThreadShare& general() noexcept;
  /// Of name look-ups. Grows, too: a server that is silent must not hold up the names of others.
  static ThreadShare& names() noexcept;

 private:
  friend class ThreadPool;

  struct Growing {};
  constexpr explicit ThreadShare(Growing) noexcept : grows_(true) {}

  const std::size_t most_ = 0;
  const bool grows_ = false;
  unsigned generation_ = ~0u;  // of forks: what else stands here means nothing to the pool of another process
  JobQueue waiting_;           // for a place in the share
  std::size_t running_ = 0;
  std::size_t allowed_ = 0;
  std::size_t taken_ = 0;  // jobs so far
  std::size_t seen_ = 0;   // of them, at the last look
  int stalled_ = 0;        // looks in a row at which nothing had moved
};

}  // namespace genro::storage

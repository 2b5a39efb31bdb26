// Turns: a thing that one operation may use at a time is used in the order of asking, by coroutines of any loops and threads.
// Used by open files. A turn that is free costs one atomic exchange, and giving it back another one.
#pragma once

#include <atomic>
#include <cstdint>

#include "genro/storage/task.h"
#include "net/wait_queue.h"

namespace genro::storage {

class Turns {
 public:
  Turns();
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;

  /// Takes the turn if it is free and nobody waits for it.
  bool try_take() noexcept;
  /// Waits in line for it. Throws when the operation is stopped, or out of time, before its turn has come, and in a forked
  /// child when the turn was another thread's at the fork: what that one left half done has no end.
  Task<void> take();
  /// Gives it to the next in line. By whoever has it.
  void give() noexcept;

 private:
  std::atomic<std::uint64_t> state_{0};
  WaitQueue line_;
};

/// A turn that was taken, given back at the end.
class Turn {
 public:
  explicit Turn(Turns& taken) noexcept : turns_(&taken) {}
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() { turns_->give(); }

 private:
  Turns* turns_;
};

}  // namespace genro::storage

// Gate: lets one caller at a time do something that would otherwise be done by each of those who come meanwhile, such as
// looking a branch up. Used by backends on a network (github). Any thread, on a loop or none; a forked child finds it open.
#pragma once

#include <memory>

#include "core/mutex.h"
#include "genro/storage/task.h"
#include "net/wait_queue.h"

namespace genro::storage {

class Gate {
 public:
  Gate() noexcept;
  /// Lets the next one in when it is dropped.
  struct Leave {
    void operator()(Gate* gate) const noexcept { gate->leave(); }
  };
  using Pass = std::unique_ptr<Gate, Leave>;
  Task<Pass> enter();

 private:
  void leave() noexcept;

  Mutex mutex_;  // guards all below
  WaitQueue waiting_{mutex_};
  unsigned generation_;
  bool busy_ = false;
};

}  // namespace genro::storage

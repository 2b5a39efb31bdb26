// How operations are run: .get() on the calling thread, .start() on a loop. Task's templates call these through task.h;
// tests and bindings include this for the hooks.
#pragma once

#include "core/context.h"
#include "loop/loop.h"

namespace genro::storage {

/// Asked when a signal interrupts a blocking .get(), and about every 50 ms while it waits or works: true stops the
/// operation (Ctrl-C). Called without any lock of ours held. Null: signals are ignored.
void set_interrupt_hook(bool (*hook)()) noexcept;
/// Asks the hook, unless it was asked a moment ago, on behalf of the innermost .get() of this thread. For long work that
/// waits for nothing: give_way() calls it.
void look_for_signals() noexcept;

/// While it lives, .get() on this thread drives `loop` instead of one of the library's: for tests that bring a loop with a
/// clock and sockets of their own. Such a loop is not asked for signals.
class GetOn {
 public:
  explicit GetOn(Loop& loop) noexcept;
  ~GetOn();
  GetOn(const GetOn&) = delete;
  GetOn& operator=(const GetOn&) = delete;

 private:
  Loop* outer_;
};

/// Forked children count up from 0. What belongs to threads or sockets of another generation must not be used.
unsigned fork_generation() noexcept;

/// The loop whose thread serves .start() when no other is named. Started on first use, never ends.
Loop& reactor();

}  // namespace genro::storage

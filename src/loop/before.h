// before(deadline, task): a part of an operation that has less time than the whole. What it waits for then throws timeout.
// Used where each wait is bounded and their sum would not be: answers that come a byte at a time. On the operation's thread.
#pragma once

#include <algorithm>
#include <utility>

#include "core/context.h"
#include "loop/loop.h"

namespace genro::storage {

/// Runs the task with an earlier deadline than its operation's.
template <class T>
Task<T> before(TimePoint deadline, Task<T> task) {
  Context& context = co_await current_context();
  loop_of(context);
  Context timed = context;
  timed.deadline = std::min(timed.deadline, deadline);
  Task<T> placed = std::move(task).with_context(timed);
  co_return co_await placed;
}

/// The same, with a time from now on.
template <class T>
Task<T> within(Duration longest, Task<T> task) {
  Context& context = co_await current_context();
  Task<T> timed = before(loop_of(context).now() + longest, std::move(task));
  co_return co_await timed;
}

}  // namespace genro::storage

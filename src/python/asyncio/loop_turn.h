// Whether an event loop waits for its turn: a task whose awaits are all done at once (cached files, memory) would keep it from
// timers, other tasks and time limits. Used by the awaitable, which then gives way before it begins.
#pragma once

#include "python/ref.h"

namespace genro::storage::python {

/// How many turns of its loop a task lets pass when it gives way. Its own step stands before what came to be due meanwhile: one
/// turn for the callback of a timer, one for the task that this wakes up, which else would wait for another stretch each.
inline constexpr int kTurnsGiven = 3;

/// Whether the loop that runs on this thread has had no turn for some milliseconds. To be asked often: most answers take some
/// nanoseconds, and once in some milliseconds the loop is asked to tell when its next turn comes. False without asyncio.
bool loop_waits_for_turn();

/// What Python code of the package asks: the same as a function without arguments.
PyObject* loop_waits_for_turn(PyObject*, PyObject*);

}  // namespace genro::storage::python

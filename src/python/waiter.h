// Waiter: what a task waits for while its operation is under way. It speaks the part of asyncio's future protocol that
// tasks use, and wakes its task directly: a Future would cost a scheduled callback and its Handle for every completion.
// Used by awaitables; the loop's channel wakes it. The GIL is held throughout. Waits for one task only.
#pragma once

#include "ref.h"

namespace genro::storage::python {

/// Of the running loop, not borrowed. Throws ErrorIsSet.
Ref make_waiter(PyObject* loop);

/// On the loop's thread, from a callback of the loop: runs the waiting task's next step. False with an error set when that
/// ended with what must end the loop (KeyboardInterrupt, SystemExit). A waiter cancelled meanwhile does nothing.
bool wake(PyObject* waiter) noexcept;

/// Creates the type. False with an error set.
bool prepare_waiter();

}  // namespace genro::storage::python

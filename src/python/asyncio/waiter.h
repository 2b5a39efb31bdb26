// Waiter: what a task waits for while its operation is under way. It speaks the part of asyncio's future protocol that
// tasks use, and wakes its task directly: a Future would cost a scheduled callback and its Handle for every completion.
// Used by awaitables; the loop's channel wakes it. The GIL is held throughout. Waits for one task only.
// A task that is cancelled meanwhile is told so when the operation has ended, so that nothing of it happens any more once
// its CancelledError is seen; where the operation cannot be stopped, a second later.
#pragma once

#include "python/ref.h"

namespace genro::storage::python {

class PendingOperation;

/// Of the running loop, not borrowed. `operation` must be detached before it goes. Throws ErrorIsSet.
Ref make_waiter(PyObject* loop, PendingOperation& operation);

/// The operation is no longer this waiter's.
void detach(PyObject* waiter) noexcept;

/// On the loop's thread, from a callback of the loop: runs the waiting task's next step. False with an error set when that
/// ended with what must end the loop (KeyboardInterrupt, SystemExit). A task cancelled meanwhile gets its CancelledError.
bool wake(PyObject* waiter) noexcept;

/// On any thread: its operation was dropped under the waiting task, whose next step comes at the loop's next turn. Leaves an
/// error that is set alone.
void release_task(PyObject* waiter) noexcept;

/// Creates the type. False with an error set.
bool prepare_waiter();

}  // namespace genro::storage::python

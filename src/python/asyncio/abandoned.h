// Operations still running after their awaitable was closed or dropped. They are being stopped, and what begins meanwhile
// waits until they have ended, a second at most, so that they cannot overtake it. Used by pending_operation.cc, which
// registers them, and by dual.h, which waits.
#pragma once

#include <atomic>

#include "genro/storage/task.h"

namespace genro::storage::python {

namespace detail {
extern std::atomic<int> abandoned_count;
}

/// On any thread.
void abandoned_begins() noexcept;
void abandoned_ended() noexcept;
inline bool some_abandoned() noexcept { return detail::abandoned_count.load(std::memory_order_acquire) != 0; }

/// Waits until none is left, or the last of them has had its second. Throws when the waiting operation is stopped.
Task<void> abandoned_at_rest();
/// The same on this thread, which gives up the GIL meanwhile. Throws ErrorIsSet.
void wait_for_abandoned();

}  // namespace genro::storage::python

// Which event loop runs on this thread: asked before every operation, so it is answered in a few nanoseconds where the
// version of CPython allows it.
#pragma once

#include <utility>

#include "python/ref.h"

namespace genro::storage::python {

/// The event loop of asyncio that runs on this thread, or null. Never imports asyncio. Throws ErrorIsSet.
Ref running_loop();

namespace detail {
inline thread_local PyObject* known_loop = nullptr;
}

/// While it lives, running_loop() gives this loop without asking: for code that a loop has called.
class KnownLoop {
 public:
  explicit KnownLoop(PyObject* loop) noexcept : outer_(std::exchange(detail::known_loop, loop)) {}
  ~KnownLoop() { detail::known_loop = outer_; }
  KnownLoop(const KnownLoop&) = delete;
  KnownLoop& operator=(const KnownLoop&) = delete;

 private:
  PyObject* const outer_;
};

}  // namespace genro::storage::python

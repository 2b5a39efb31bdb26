// ValuesOnly: while it lives, methods called on this thread give values even inside the event loop that runs now. Used around
// what is synchronous by contract: Python backends, callbacks, functions that give a base path, and the backend objects that
// Python code uses directly. Inside another loop, which such code may run for itself, methods are awaitable as ever.
// Never hold one across an await. The GIL is held.
#pragma once

#include <utility>

#include "python/asyncio/running_loop.h"

namespace genro::storage::python {

class ValuesOnly {
 public:
  /// Throws ErrorIsSet.
  ValuesOnly() : loop_(running_loop()), outer_(std::exchange(innermost_, this)) {}
  ~ValuesOnly() { innermost_ = outer_; }
  ValuesOnly(const ValuesOnly&) = delete;
  ValuesOnly& operator=(const ValuesOnly&) = delete;
  static bool active() { return innermost_ && innermost_->loop_.get() == running_loop().get(); }

 private:
  Ref loop_;
  ValuesOnly* outer_;
  static inline thread_local ValuesOnly* innermost_ = nullptr;
};

}  // namespace genro::storage::python

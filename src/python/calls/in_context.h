// InContext: code on a thread of the engine sees the context variables of the call that it serves.
// Used by callbacks and by callable base paths. Not for threads of Python's own: they have a context.
#pragma once

#include <atomic>

#include "python/ref.h"

namespace genro::storage::python {

/// Set once a callable base path exists: operations then carry their caller's context to it (taking it costs some).
inline std::atomic<bool> contexts_are_wanted{false};

class InContext {
 public:
  /// Null: nothing changes. Throws ErrorIsSet.
  explicit InContext(PyObject* context) : context_(context ? checked(PyContext_Copy(context)) : Ref()) {
    if (context_ && PyContext_Enter(context_.get()) != 0) throw ErrorIsSet();
  }
  ~InContext() {
    if (context_) PyContext_Exit(context_.get());
  }
  InContext(const InContext&) = delete;
  InContext& operator=(const InContext&) = delete;

 private:
  Ref context_;  // a copy: one context object cannot be entered twice
};

}  // namespace genro::storage::python

// The GIL: taking it on threads that Python may not know, giving it up around a wait, and the end of the interpreter.
// Used by callbacks and by sync calls. After the interpreter began to exit no engine thread enters Python any more:
// it would be killed in the middle of C++ frames.
#pragma once

#include "python/ref.h"

namespace genro::storage::python {

/// Holds the GIL while it lives. False when the interpreter is exiting: then nothing of Python may be touched.
class GilHold {
 public:
  GilHold();
  ~GilHold();
  GilHold(const GilHold&) = delete;
  GilHold& operator=(const GilHold&) = delete;
  explicit operator bool() const noexcept { return held_; }
  /// Whether this is a thread of the engine, which has no Python context of its own.
  bool foreign() const noexcept { return foreign_; }

 private:
  const bool foreign_;
  bool held_ = false;
  PyThreadState* own_ = nullptr;                  ///< of a foreign thread, as long as it is here
  PyGILState_STATE state_ = PyGILState_UNLOCKED;  ///< of a thread of Python's
};

/// Takes the GIL back after PyEval_SaveThread(). A daemon thread that comes back into a finished interpreter sleeps for
/// ever instead: Python would end it with pthread_exit, through our frames.
void take_gil_back(PyThreadState* state) noexcept;

bool interpreter_is_exiting() noexcept;
/// sys.modules, borrowed; null when the interpreter, at its very end, has none any more.
PyObject* imported_modules() noexcept;

/// With the GIL held: raises what a signal's handler raised while a call of this thread waited or worked. False if nothing.
bool raise_interruption() noexcept;

/// Sets up the exit hook and Ctrl-C in blocked calls. False with a Python error set on failure.
bool install_interpreter_hooks(PyObject* module);

}  // namespace genro::storage::python

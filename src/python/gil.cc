#include "gil.h"

#include <time.h>
#include <unistd.h>

#include <atomic>

#include "enter.h"
#include "loop/run.h"

namespace genro::storage::python {
namespace {

std::atomic<bool> exiting{false};
std::atomic<int> inside{0};                 // engine threads that hold or wait for the GIL
std::atomic<unsigned long> exit_thread{0};  // the thread that finalises the interpreter

bool finalizing() noexcept {
#if PY_VERSION_HEX >= 0x030D0000
  return Py_IsFinalizing() != 0;
#else
  return _Py_IsFinalizing() != 0;
#endif
}

void sleep_a_moment() noexcept {
  const timespec moment{0, 1'000'000};
  nanosleep(&moment, nullptr);
}

// Runs by atexit, before the interpreter is taken apart: lets engine threads out of Python and no further one in.
PyObject* leave_python(PyObject*, PyObject*) {
  exit_thread.store(PyThread_get_thread_ident());
  exiting.store(true);
  PyThreadState* state = PyEval_SaveThread();
  constexpr int kMostMilliseconds = 2000;  // a callback that never returns must not keep the process alive
  for (int waited = 0; inside.load() > 0 && waited < kMostMilliseconds; ++waited) sleep_a_moment();
  PyEval_RestoreThread(state);
  Py_RETURN_NONE;
}
PyMethodDef leave_python_definition = {"_leave_python", leave_python, METH_NOARGS, nullptr};

// Called by the engine while a call waits and a signal came: Python's handlers run here, and what they raise ends the call.
bool signal_raised() {
  GilHold gil;
  return gil && (PyErr_Occurred() || enter([] { return PyErr_CheckSignals(); }) != 0);
}

}  // namespace

void sleep_for_ever() noexcept {
  while (true) pause();
}

GilHold::GilHold() : foreign_(PyGILState_GetThisThreadState() == nullptr) {
  if (foreign_) inside.fetch_add(1);
  if (exiting.load() && (foreign_ || (finalizing() && exit_thread.load() != PyThread_get_thread_ident()))) return;
  state_ = enter([] { return PyGILState_Ensure(); });
  held_ = true;
}

GilHold::~GilHold() {
  if (held_) PyGILState_Release(state_);
  if (foreign_) inside.fetch_sub(1);
}

void take_gil_back(PyThreadState* state) noexcept {
  if (finalizing() && exit_thread.load() != PyThread_get_thread_ident()) sleep_for_ever();
  enter([state] { PyEval_RestoreThread(state); });
}

bool interpreter_is_exiting() noexcept { return exiting.load(std::memory_order_relaxed); }

bool install_interpreter_hooks(PyObject* module) {
  const Ref atexit = Ref::steal(PyImport_ImportModule("atexit"));
  if (!atexit) return false;
  const Ref hook = Ref::steal(PyCFunction_New(&leave_python_definition, module));
  if (!hook) return false;
  const Ref registered = Ref::steal(PyObject_CallMethod(atexit.get(), "register", "O", hook.get()));
  if (!registered) return false;
  set_interrupt_hook(&signal_raised);
  return true;
}

}  // namespace genro::storage::python

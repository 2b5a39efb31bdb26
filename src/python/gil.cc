#include "python/gil.h"

#include <time.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <utility>

#include "core/mutex.h"
#include "loop/run.h"
#include "python/enter.h"
#include "python/exceptions.h"

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

std::atomic<unsigned long> main_thread{0};  // the only one whose calls signals interrupt

/// What a signal's handler raised on this thread, until its call ends: meanwhile callbacks may run, which must not find an
/// error set.
thread_local PyObject* interruption = nullptr;

// Called by the engine while a call waits or works: Python's handlers run here, and what they raise ends the call.
bool signal_raised() {
  if (PyThread_get_thread_ident() != main_thread.load(std::memory_order_relaxed)) return false;
  GilHold gil;
  if (!gil) return false;
  if (!interruption && enter([] { return PyErr_CheckSignals(); }) != 0) interruption = fetch_exception().release();
  return interruption != nullptr;
}

// A child has one thread, which is its main one.
PyObject* be_main_thread(PyObject*, PyObject*) {
  main_thread.store(PyThread_get_thread_ident());
  Py_RETURN_NONE;
}
PyMethodDef be_main_thread_definition = {"_be_main_thread", be_main_thread, METH_NOARGS, nullptr};

bool follow_forks(PyObject* module) {
  const Ref os = Ref::steal(PyImport_ImportModule("os"));
  const Ref method = Ref::steal(os ? PyObject_GetAttrString(os.get(), "register_at_fork") : nullptr);
  const Ref hook = Ref::steal(PyCFunction_New(&be_main_thread_definition, module));
  const Ref nothing = Ref::steal(PyTuple_New(0));
  const Ref keywords = Ref::steal(hook ? Py_BuildValue("{sO}", "after_in_child", hook.get()) : nullptr);
  return method && nothing && keywords &&
         Ref::steal(PyObject_Call(method.get(), nothing.get(), keywords.get())).get() != nullptr;
}

/// Gives the thread that Python's signal handlers run on. 0 with an error set.
unsigned long main_thread_ident() {
  const Ref name = checked(PyUnicode_FromString("threading"));
#if PY_VERSION_HEX < 0x030D0000
  // Importing it takes a tenth of the time of importing us, to learn that it calls the thread main that imports it first.
  Ref threading = Ref::steal(PyImport_GetModule(name.get()));
  if (!threading) return PyErr_Occurred() ? 0 : PyThread_get_thread_ident();
#else
  const Ref threading = Ref::steal(PyImport_Import(name.get()));
#endif
  const Ref thread = Ref::steal(threading ? PyObject_CallMethod(threading.get(), "main_thread", nullptr) : nullptr);
  const Ref ident = Ref::steal(thread ? PyObject_GetAttrString(thread.get(), "ident") : nullptr);
  return ident ? PyLong_AsUnsignedLong(ident.get()) : 0;
}

}  // namespace

void sleep_for_ever() noexcept {
  while (true) pause();
}

namespace {
// CPython 3.11 takes a lock of the runtime to make a thread's state, without the GIL, and its fork() does not wait for
// that lock: a child that inherits it held hangs at once. Forks wait for locks of ours. Later versions do it themselves.
#if PY_VERSION_HEX < 0x030C0000
PyThreadState* new_thread_state() {
  static Lasting<Mutex> forks_wait;
  const std::lock_guard lock(forks_wait.get());
  return PyThreadState_New(PyInterpreterState_Main());
}
#else
PyThreadState* new_thread_state() { return PyThreadState_New(PyInterpreterState_Main()); }
#endif
}  // namespace

GilHold::GilHold() : foreign_(PyGILState_GetThisThreadState() == nullptr) {
  if (foreign_) inside.fetch_add(1);
  if (exiting.load() && (foreign_ || (finalizing() && exit_thread.load() != PyThread_get_thread_ident()))) return;
  if (foreign_) {
    own_ = new_thread_state();
    if (!own_) return;
    enter([this] { PyEval_AcquireThread(own_); });
  } else {
    state_ = enter([] { return PyGILState_Ensure(); });
  }
  held_ = true;
}

GilHold::~GilHold() {
  if (own_) {
    PyThreadState_Clear(own_);
    PyThreadState_DeleteCurrent();  // gives the GIL up, too
  } else if (held_) {
    PyGILState_Release(state_);
  }
  if (foreign_) inside.fetch_sub(1);
}

void take_gil_back(PyThreadState* state) noexcept {
  if (finalizing() && exit_thread.load() != PyThread_get_thread_ident()) sleep_for_ever();
  enter([state] { PyEval_RestoreThread(state); });
}

bool raise_interruption() noexcept {
  if (!interruption) return false;
  PyObject* const raised = std::exchange(interruption, nullptr);
  PyErr_Restore(Py_NewRef(reinterpret_cast<PyObject*>(Py_TYPE(raised))), raised, PyException_GetTraceback(raised));
  return true;
}

bool interpreter_is_exiting() noexcept { return exiting.load(std::memory_order_relaxed); }

PyObject* imported_modules() noexcept {
  if (!interpreter_is_exiting()) return PyImport_GetModuleDict();  // which would abort later on
  PyObject* const modules = PySys_GetObject("modules");
  return modules && PyDict_Check(modules) ? modules : nullptr;
}

bool install_interpreter_hooks(PyObject* module) {
  const Ref atexit = Ref::steal(PyImport_ImportModule("atexit"));
  if (!atexit) return false;
  const Ref hook = Ref::steal(PyCFunction_New(&leave_python_definition, module));
  if (!hook) return false;
  const Ref registered = Ref::steal(PyObject_CallMethod(atexit.get(), "register", "O", hook.get()));
  if (!registered) return false;
  main_thread.store(main_thread_ident());
  if (PyErr_Occurred()) return false;
  if (!follow_forks(module)) return false;
  set_interrupt_hook(&signal_raised);
  return true;
}

}  // namespace genro::storage::python

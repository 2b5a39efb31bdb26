#include "python/asyncio/running_loop.h"

#include <unistd.h>

#include <cstring>

#include "loop/run.h"
#include "python/exceptions.h"
#include "python/gil.h"

namespace genro::storage::python {
namespace {

/// A function of asyncio, or null before somebody has imported asyncio, or while it is being imported.
PyObject* asyncio_function(const char* name) {
  static PyObject* const events = PyUnicode_InternFromString("asyncio.events");
  PyObject* const modules = imported_modules();
  PyObject* const module = modules ? PyDict_GetItemWithError(modules, events) : nullptr;
  if (!module) return nullptr;
  PyObject* const function = PyObject_GetAttrString(module, name);
  if (!function) PyErr_Clear();
  return function;
}

PyObject* get_running_loop_function() {
  static PyObject* function = nullptr;
  if (!function) function = asyncio_function("_get_running_loop");
  return function;
}

/// By its own entry point if it is a C function without arguments, as it is.
PyObject* called(PyObject* function) {
  if (!PyCFunction_CheckExact(function) || PyCFunction_GET_FLAGS(function) != METH_NOARGS) {
    return PyObject_CallNoArgs(function);
  }
  return PyCFunction_GET_FUNCTION(function)(PyCFunction_GET_SELF(function), nullptr);
}

/// asyncio's own answer.
Ref told_loop() {
  PyObject* const function = get_running_loop_function();
  if (!function) return {};
  Ref loop = checked(called(function));
  if (loop.get() == Py_None) return {};
  return loop;
}

#if PY_VERSION_HEX < 0x030C0000
// CPython 3.11 asks the system for the process's number at each look, which takes longer than reading a file in memory.
// What it looks at is an object in the thread's dictionary that holds that number and the loop. Its form is private, so
// it is tried out once, with a loop that is known, and read only if it is as expected.
struct LoopHolder {
  PyObject_HEAD PyObject* loop;
  pid_t process;
};

/// Of this thread, or null. Borrowed.
LoopHolder* holder() {
  static PyObject* const key = PyUnicode_InternFromString("__asyncio_running_event_loop__");
  PyObject* const dictionary = PyThreadState_GetDict();
  PyObject* const found = dictionary ? PyDict_GetItemWithError(dictionary, key) : nullptr;
  return reinterpret_cast<LoopHolder*>(found);
}

bool is_as_expected(LoopHolder* found, PyObject* loop) {
  return found && std::strcmp(Py_TYPE(found)->tp_name, "_RunningLoopHolder") == 0 &&
         Py_TYPE(found)->tp_basicsize == sizeof(LoopHolder) && found->process == getpid() && found->loop == loop;
}

/// Tries it out at the first call that finds asyncio.
bool can_read_holders() {
  static int known = -1;
  if (known >= 0) [[likely]]
    return known != 0;
  if (!get_running_loop_function()) return false;
  const Ref set = Ref::steal(asyncio_function("_set_running_loop"));
  if (!set) return false;
  const Ref runs = checked(called(get_running_loop_function()));
  const Ref probe = checked(PyList_New(0));  // anything will do for a loop
  checked(PyObject_CallOneArg(set.get(), probe.get()));
  const bool good = is_as_expected(holder(), probe.get());
  checked(PyObject_CallOneArg(set.get(), runs.get()));
  known = good ? 1 : 0;
  return good;
}

/// A forked child has another number, and no loop of its parent's runs there.
pid_t this_process() {
  static unsigned generation = fork_generation();
  static pid_t process = getpid();
  if (generation != fork_generation()) {
    generation = fork_generation();
    process = getpid();
  }
  return process;
}

Ref look() {
  if (!can_read_holders()) return told_loop();
  LoopHolder* const found = holder();
  if (!found || found->loop == Py_None || found->process != this_process()) return {};
  return Ref::borrow(found->loop);
}
#else
Ref look() { return told_loop(); }
#endif

}  // namespace

Ref running_loop() { return detail::known_loop ? Ref::borrow(detail::known_loop) : look(); }

}  // namespace genro::storage::python

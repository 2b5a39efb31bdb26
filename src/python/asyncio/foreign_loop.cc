#include "python/asyncio/foreign_loop.h"

#include <string>

#include "python/enter.h"
#include "python/exceptions.h"
#include "python/gil.h"
#include "python/ref.h"

namespace genro::storage::python {
namespace {

/// A module that somebody has imported, or null. Modules are looked for again when there are more or fewer of them.
PyObject* imported(const char* name, PyObject*& known, Py_ssize_t& looked_at) {
  if (known) return known;
  PyObject* const modules = imported_modules();
  if (!modules) return nullptr;
  const Py_ssize_t count = PyDict_GET_SIZE(modules);
  if (count == looked_at) return nullptr;
  looked_at = count;
  known = Py_XNewRef(PyDict_GetItemString(modules, name));
  return known;
}

/// What is text, as that; else "".
std::string text_of(PyObject* object) {
  if (!object || !PyUnicode_Check(object)) return {};
  const char* const utf8 = PyUnicode_AsUTF8(object);
  if (!utf8) PyErr_Clear();
  return utf8 ? utf8 : "";
}

/// What sniffio keeps: a name of the thread, else one of the context.
struct Sniffio {
  PyObject* thread = nullptr;
  PyObject* variable = nullptr;
};

const Sniffio* sniffio() {
  static Sniffio found;
  static PyObject* module = nullptr;
  static Py_ssize_t looked_at = -1;
  if (found.variable) return &found;
  if (!imported("sniffio", module, looked_at)) return nullptr;
  Ref thread = Ref::steal(PyObject_GetAttrString(module, "thread_local"));
  Ref variable = Ref::steal(PyObject_GetAttrString(module, "current_async_library_cvar"));
  PyErr_Clear();
  if (!thread || !variable || !PyContextVar_CheckExact(variable.get()))
    return nullptr;  // it is being imported just now
  found = {thread.release(), variable.release()};
  return &found;
}

std::string sniffed() {
  const Sniffio* const known = sniffio();
  if (!known) return {};
  static PyObject* const name = PyUnicode_InternFromString("name");
  const Ref of_thread = Ref::steal(PyObject_GetAttr(known->thread, name));
  if (!of_thread) PyErr_Clear();
  if (of_thread && of_thread.get() != Py_None) return text_of(of_thread.get());
  PyObject* of_context = nullptr;
  if (PyContextVar_Get(known->variable, nullptr, &of_context) != 0) PyErr_Clear();
  return text_of(Ref::steal(of_context).get());
}

/// curio has a question of its own instead.
bool curio_runs() {
  static PyObject* curio = nullptr;
  static Py_ssize_t looked_at = -1;
  PyObject* const module = imported("curio.meta", curio, looked_at);
  if (!module) return false;
  const Ref answer = Ref::steal(enter([&] { return PyObject_CallMethod(module, "curio_running", nullptr); }));
  const int truth = answer ? PyObject_IsTrue(answer.get()) : 0;
  if (!answer || truth < 0) PyErr_Clear();
  return truth > 0;
}

[[noreturn]] void refuse(const std::string& message) {
  PyErr_SetString(error_class(ErrorClass::event_loop), message.c_str());
  throw ErrorIsSet();
}

std::string way_out(const std::string& library) {
  if (library == "trio") return "await trio.to_thread.run_sync(node.read_bytes)";
  if (library == "curio") return "await curio.run_in_thread(node.read_bytes)";
  return "a thread that waits for node.read_bytes()";
}

}  // namespace

void refuse_foreign_loop() {
  std::string library = sniffed();
  if (library.empty() && curio_runs()) library = "curio";
  if (library.empty() || library == "asyncio") return;
  refuse("awaiting works in asyncio's event loops, and here " + library +
         " runs; nothing was begun. What works is a thread, where every method gives its value: " + way_out(library));
}

void refuse_without_loop() {
  refuse_foreign_loop();
  refuse("no event loop of asyncio is running here, so that nothing can be awaited; nothing was begun");
}

}  // namespace genro::storage::python

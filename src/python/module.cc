// genro_storage._core: the C part of the Python package. Everything public is in python/genro_storage; names here may change.
#include "genro/storage/error.h"
#include "python/asyncio/awaitable.h"
#include "python/asyncio/dual.h"
#include "python/asyncio/foreign_loop.h"
#include "python/asyncio/io_turns.h"
#include "python/asyncio/loop_channel.h"
#include "python/asyncio/loop_turn.h"
#include "python/asyncio/running_loop.h"
#include "python/asyncio/text_joining.h"
#include "python/asyncio/turn_owner.h"
#include "python/asyncio/values_only.h"
#include "python/asyncio/waiter.h"
#include "python/backend/fsspec.h"
#include "python/calls/convert.h"
#include "python/exceptions.h"
#include "python/gil.h"
#include "python/types/file.h"
#include "python/types/local_path.h"
#include "python/types/manager.h"
#include "python/types/mounts.h"
#include "python/types/node_object.h"
#include "python/types/protocol_table.h"
#include "python/types/quick_node.h"
#include "python/types/serve_body.h"

namespace genro::storage::python {
namespace {

/// node.py tells which class plain nodes have.
PyObject* set_node_class(PyObject*, PyObject* type) {
  if (!PyType_Check(type) || !PyType_IsSubtype(reinterpret_cast<PyTypeObject*>(type), node_type)) {
    PyErr_SetString(PyExc_TypeError, "not a subclass of Node");
    return nullptr;
  }
  if (reinterpret_cast<PyTypeObject*>(type)->tp_basicsize != node_type->tp_basicsize) {
    PyErr_SetString(PyExc_TypeError, "nodes have no slots");
    return nullptr;
  }
  node_class = reinterpret_cast<PyTypeObject*>(Py_NewRef(type));
  node_class->tp_dealloc = &drop_node;  // without what CPython does for classes that have more to take down
  Py_RETURN_NONE;
}

PyObject* in_event_loop(PyObject*, PyObject*) {
  return guarded([] { return to_python(gives_awaitable(CallMode::dual)); });
}

PyObject* require_event_loop(PyObject*, PyObject*) {
  return guarded([] {
    if (!running_loop()) refuse_without_loop();
    return Py_NewRef(Py_None);
  });
}

/// The names that the engine's table of errors expects in exceptions.py; a test compares.
PyObject* error_classes(PyObject*, PyObject*) {
  return guarded([] {
    Ref names = checked(PyDict_New());
    for (int i = 0; i <= static_cast<int>(ErrorCode::internal); ++i) {
      const auto code = static_cast<ErrorCode>(i);
      const Ref name = checked(name_to_python(traits(code).python));
      if (PyDict_SetItemString(names.get(), std::string(to_string(code)).c_str(), name.get()) != 0) throw ErrorIsSet();
    }
    return names.release();
  });
}

PyMethodDef module_functions[] = {
    {"_set_node_class", set_node_class, METH_O, nullptr},
    {"_error_classes", error_classes, METH_NOARGS, nullptr},
    {"loop_waits_for_turn", &loop_waits_for_turn, METH_NOARGS,
     PyDoc_STR("loop_waits_for_turn()\n--\n\nWhether the running event loop had no turn for some "
               "milliseconds: the caller should give way.")},
    {"_joined_texts", &join_texts, METH_O, nullptr},
    {"in_event_loop", in_event_loop, METH_NOARGS,
     PyDoc_STR("in_event_loop()\n--\n\nWhether methods called here give awaitables.")},
    {"require_event_loop", require_event_loop, METH_NOARGS,
     PyDoc_STR("require_event_loop()\n--\n\nRaise StorageEventLoopError where nothing can be "
               "awaited.")},
    {nullptr, nullptr, 0, nullptr}};

PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "genro_storage._core", nullptr, -1, module_functions, nullptr, nullptr, nullptr, nullptr};

}  // namespace
}  // namespace genro::storage::python

PyMODINIT_FUNC PyInit__core() {
  using namespace genro::storage::python;
  Ref module = Ref::steal(PyModule_Create(&definition));
  if (!module) return nullptr;
  choose_adoption();
  serve_fsspec();
  const bool ready =
      load_error_classes() && prepare_loop_channel() && prepare_waiter() && add_awaitable(module.get()) &&
      add_node(module.get()) && add_manager(module.get()) && add_file(module.get()) && add_io_turns(module.get()) &&
      add_turn_owner(module.get()) && add_mount_functions(module.get()) && add_protocol_table(module.get()) &&
      add_serve_body(module.get()) && add_local_path(module.get()) && install_interpreter_hooks(module.get()) &&
      PyModule_AddIntConstant(module.get(), "TURNS_GIVEN", kTurnsGiven) == 0;
  return ready ? module.release() : nullptr;
}

#include "python/types/local_path.h"

#include <memory>
#include <string>
#include <vector>

#include "node/files/call_files.h"
#include "python/asyncio/dual.h"
#include "python/calls/arguments.h"
#include "python/calls/convert.h"
#include "python/types/node_object.h"

namespace genro::storage::python {
namespace {

/// `Paths` is LocalPath or CallFiles.
template <class Paths>
struct PathsObject {
  PyObject_HEAD std::shared_ptr<Paths> paths;
  bool awaits;
};
template <class Paths>
PyTypeObject* type_of = nullptr;
template <class Paths>
constexpr const char* kMethod = "StorageNode.local_path";
template <>
constexpr const char* kMethod<CallFiles> = "StorageNode.call";

template <class Paths>
const std::shared_ptr<Paths>& of(PyObject* self) {
  return reinterpret_cast<PathsObject<Paths>*>(self)->paths;
}
template <class Paths>
CallMode mode_of(PyObject* self) {
  return reinterpret_cast<PathsObject<Paths>*>(self)->awaits ? CallMode::async : CallMode::sync;
}

template <class Paths>
Ref wrap(Paths paths, bool awaits) {
  auto kept = std::make_shared<Paths>(std::move(paths));
  Ref object = checked(type_of<Paths>->tp_alloc(type_of<Paths>, 0));
  auto* self = reinterpret_cast<PathsObject<Paths>*>(object.get());
  new (&self->paths) std::shared_ptr<Paths>(std::move(kept));
  self->awaits = awaits;
  return object;
}

template <class Paths>
void dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  std::destroy_at(&reinterpret_cast<PathsObject<Paths>*>(self)->paths);
  type->tp_free(self);
  Py_DECREF(type);
}

PyObject* opened(const std::string& path) { return name_to_python(path); }
PyObject* opened(const std::vector<std::string>& words) {
  Ref list = checked(PyList_New(static_cast<Py_ssize_t>(words.size())));
  for (std::size_t i = 0; i < words.size(); ++i) {
    PyList_SET_ITEM(list.get(), static_cast<Py_ssize_t>(i), checked(name_to_python(words[i])).release());
  }
  return list.release();
}

template <class Paths>
struct OpenPaths {
  std::shared_ptr<Paths> paths;
  auto task() { return paths->open(); }
  template <class Opened>
  PyObject* value(const Opened& result) {
    return opened(result);
  }
  bool quick() const { return false; }
};

template <class Paths>
struct CommitPaths {
  std::shared_ptr<Paths> paths;
  Task<void> task() { return paths->commit(); }
  PyObject* value() { return Py_NewRef(Py_None); }
  bool quick() const { return false; }
};

template <class Paths>
PyObject* open(PyObject* self, PyObject*) {
  return dual(kMethod<Paths>, [&] { return OpenPaths<Paths>{of<Paths>(self)}; }, mode_of<Paths>(self));
}

template <class Paths>
PyObject* commit(PyObject* self, PyObject*) {
  return dual(kMethod<Paths>, [&] { return CommitPaths<Paths>{of<Paths>(self)}; }, mode_of<Paths>(self));
}

template <class Paths>
PyObject* close(PyObject* self, PyObject*) {
  of<Paths>(self)->close();
  Py_RETURN_NONE;
}

template <class Paths>
bool add_type(PyObject* module, const char* name) {
  static PyMethodDef methods[] = {
      {"open", &open<Paths>, METH_NOARGS,
       PyDoc_STR("open($self)\n--\n\nThe path, or the words of the command, after what has to be downloaded.")},
      {"commit", &commit<Paths>, METH_NOARGS, PyDoc_STR("commit($self)\n--\n\nUpload what was written.")},
      {"close", &close<Paths>, METH_NOARGS, PyDoc_STR("close($self)\n--\n\nRemove temporary files.")},
      {nullptr, nullptr, 0, nullptr}};
  PyType_Slot slots[] = {{Py_tp_dealloc, as_slot(&dealloc<Paths>)}, {Py_tp_methods, methods}, {0, nullptr}};
  PyType_Spec spec = {name, sizeof(PathsObject<Paths>), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                      slots};
  type_of<Paths> = reinterpret_cast<PyTypeObject*>(PyType_FromModuleAndSpec(module, &spec, nullptr));
  return type_of<Paths> && PyModule_AddType(module, type_of<Paths>) == 0;
}

/// _call_files(arguments, awaits): of a command whose words are str and nodes.
PyObject* call_files(PyObject*, PyObject* const* args, Py_ssize_t count) {
  return guarded([&] {
    if (count != 2 || !PyList_Check(args[0])) {
      PyErr_SetString(PyExc_TypeError, "_call_files(list, awaits)");
      throw ErrorIsSet();
    }
    std::vector<CallArgument> arguments;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(args[0]); ++i) {
      PyObject* const argument = PyList_GET_ITEM(args[0], i);
      if (is_node(argument)) {
        arguments.emplace_back(*node_of(argument));
      } else {
        arguments.emplace_back(name_from(argument, "an argument of the program"));
      }
    }
    return wrap(CallFiles(std::move(arguments)), flag(args[1], false)).release();
  });
}

PyMethodDef functions[] = {{"_call_files", as_method(&call_files), METH_FASTCALL, nullptr},
                           {nullptr, nullptr, 0, nullptr}};

}  // namespace

Ref wrap_local_path(LocalPath path, bool awaits) { return wrap(std::move(path), awaits); }

bool add_local_path(PyObject* module) {
  return add_type<LocalPath>(module, "genro_storage._core.LocalPath") &&
         add_type<CallFiles>(module, "genro_storage._core.CallFiles") && PyModule_AddFunctions(module, functions) == 0;
}

}  // namespace genro::storage::python

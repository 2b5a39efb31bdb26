#include "python/types/local_path.h"

#include <memory>
#include <string>

#include "python/asyncio/dual.h"
#include "python/calls/arguments.h"
#include "python/calls/convert.h"

namespace genro::storage::python {
namespace {

using PathPointer = std::shared_ptr<LocalPath>;

struct PathObject {
  PyObject_HEAD PathPointer path;
  bool awaits;
};
PyTypeObject* path_type = nullptr;

const PathPointer& of(PyObject* self) { return reinterpret_cast<PathObject*>(self)->path; }
Face face_of(PyObject* self) { return reinterpret_cast<PathObject*>(self)->awaits ? Face::async : Face::sync; }

void path_dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  reinterpret_cast<PathObject*>(self)->path.~shared_ptr();
  type->tp_free(self);
  Py_DECREF(type);
}

struct Open {
  PathPointer path;
  Task<std::string> task() { return path->open(); }
  PyObject* value(const std::string& opened) { return name_to_python(opened); }
  bool quick() const { return false; }
};

struct Commit {
  PathPointer path;
  Task<void> task() { return path->commit(); }
  PyObject* value() { return Py_NewRef(Py_None); }
  bool quick() const { return false; }
};

PyObject* open(PyObject* self, PyObject*) {
  return dual("StorageNode.local_path", [&] { return Open{of(self)}; }, face_of(self));
}

PyObject* commit(PyObject* self, PyObject*) {
  return dual("StorageNode.local_path", [&] { return Commit{of(self)}; }, face_of(self));
}

PyObject* close(PyObject* self, PyObject*) {
  of(self)->close();
  Py_RETURN_NONE;
}

PyMethodDef methods[] = {
    {"open", open, METH_NOARGS, PyDoc_STR("open($self)\n--\n\nThe path, after what has to be downloaded.")},
    {"commit", commit, METH_NOARGS, PyDoc_STR("commit($self)\n--\n\nUpload the file if it was written to.")},
    {"close", close, METH_NOARGS, PyDoc_STR("close($self)\n--\n\nRemove the temporary file.")},
    {nullptr, nullptr, 0, nullptr}};

PyType_Slot slots[] = {{Py_tp_dealloc, as_slot(&path_dealloc)}, {Py_tp_methods, methods}, {0, nullptr}};
PyType_Spec spec = {"genro_storage._core.LocalPath", sizeof(PathObject), 0,
                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

}  // namespace

Ref wrap_local_path(LocalPath path, bool awaits) {
  auto kept = std::make_shared<LocalPath>(std::move(path));
  Ref object = checked(path_type->tp_alloc(path_type, 0));
  auto* self = reinterpret_cast<PathObject*>(object.get());
  new (&self->path) PathPointer(std::move(kept));
  self->awaits = awaits;
  return object;
}

bool add_local_path(PyObject* module) {
  path_type = reinterpret_cast<PyTypeObject*>(PyType_FromModuleAndSpec(module, &spec, nullptr));
  return path_type && PyModule_AddType(module, path_type) == 0;
}

}  // namespace genro::storage::python

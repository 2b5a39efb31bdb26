#include "python/types/serve_body.h"

#include <memory>

#include "python/asyncio/dual.h"
#include "python/calls/arguments.h"
#include "python/calls/convert.h"

namespace genro::storage::python {
namespace {

using BodyPointer = std::shared_ptr<const ServeBody>;

struct BodyObject {
  PyObject_HEAD BodyPointer body;
};
PyTypeObject* body_type = nullptr;

const BodyPointer& of(PyObject* self) { return reinterpret_cast<BodyObject*>(self)->body; }

void body_dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  reinterpret_cast<BodyObject*>(self)->body.~shared_ptr();
  type->tp_free(self);
  Py_DECREF(type);
}

Py_ssize_t length(PyObject* self) { return static_cast<Py_ssize_t>(of(self)->chunk_count()); }

struct Chunk {
  BodyPointer body;
  std::size_t index;
  Task<Bytes> task() { return body->chunk(index); }
  PyObject* value(Bytes bytes) { return to_python(std::move(bytes)); }
  bool quick() const { return false; }
};

PyObject* item(PyObject* self, Py_ssize_t index) {
  if (index < 0 || index >= length(self)) {
    PyErr_SetString(PyExc_IndexError, "the body has no such chunk");
    return nullptr;
  }
  // WSGI is sync: this blocks, also inside a loop.
  return dual("ServeBody", [&] { return Chunk{of(self), static_cast<std::size_t>(index)}; }, CallMode::sync);
}

PyObject* span(PyObject* self, PyObject*) {
  return guarded([&]() -> PyObject* {
    const std::optional<FileSpan> file = of(self)->file_span();
    if (!file) Py_RETURN_NONE;
    return Py_BuildValue("iKK", *file->descriptor, static_cast<unsigned long long>(file->offset),
                         static_cast<unsigned long long>(file->size));
  });
}

PyObject* close(PyObject* self, PyObject*) {
  of(self)->close();
  Py_RETURN_NONE;
}

PyMethodDef methods[] = {
    {"close", close, METH_NOARGS, PyDoc_STR("close($self)\n--\n\nLet go of the file; a chunk opens it again.")},
    {"span", span, METH_NOARGS,
     PyDoc_STR("span($self)\n--\n\n(descriptor, offset, size) where the body is part of an open file, else None.")},
    {nullptr, nullptr, 0, nullptr}};

PyType_Slot slots[] = {{Py_tp_dealloc, as_slot(&body_dealloc)},
                       {Py_sq_length, as_slot(&length)},
                       {Py_sq_item, as_slot(&item)},
                       {Py_tp_methods, methods},
                       {0, nullptr}};
PyType_Spec spec = {"genro_storage._core.ServeBody", sizeof(BodyObject), 0,
                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

}  // namespace

Ref wrap_serve_body(ServeBody body) {
  auto kept = std::make_shared<const ServeBody>(std::move(body));
  Ref object = checked(body_type->tp_alloc(body_type, 0));
  new (&reinterpret_cast<BodyObject*>(object.get())->body) BodyPointer(std::move(kept));
  return object;
}

bool add_serve_body(PyObject* module) {
  body_type = reinterpret_cast<PyTypeObject*>(PyType_FromModuleAndSpec(module, &spec, nullptr));
  return body_type && PyModule_AddType(module, body_type) == 0;
}

}  // namespace genro::storage::python

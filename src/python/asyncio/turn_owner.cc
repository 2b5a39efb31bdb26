#include "python/asyncio/turn_owner.h"

#include <structmember.h>

#include <cstddef>
#include <utility>

#include "python/asyncio/foreign_loop.h"
#include "python/asyncio/loop_channel.h"
#include "python/asyncio/running_loop.h"
#include "python/enter.h"
#include "python/exceptions.h"

namespace genro::storage::python {
namespace {

struct OwnerObject {
  PyObject_HEAD PyObject* owner;  // null when it is nobody's turn
  PyObject* line;                 // a list
};

OwnerObject* of(PyObject* self) { return reinterpret_cast<OwnerObject*>(self); }

PyObject* make(PyTypeObject* type, PyObject*, PyObject*) {
  Ref self = Ref::steal(type->tp_alloc(type, 0));
  if (!self || !(of(self.get())->line = PyList_New(0))) return nullptr;
  return self.release();
}

PyObject* try_take(PyObject* object, PyObject*) {
  return guarded([object]() -> PyObject* {
    const Ref loop = running_loop();
    if (!loop) refuse_without_loop();
    OwnerObject* const self = of(object);
    if (self->owner) Py_RETURN_NONE;
    self->owner = Py_NewRef(loop.get());
    return Py_NewRef(loop.get());
  });
}

PyObject* give(PyObject* object, PyObject* turn) {
  OwnerObject* const self = of(object);
  if (self->owner != turn) Py_RETURN_NONE;  // it was lost with its loop
  if (PyList_GET_SIZE(self->line) != 0) {
    return enter([object] { return PyObject_CallMethod(object, "_pass_on", nullptr); });
  }
  Py_CLEAR(self->owner);
  Py_RETURN_NONE;
}

int traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(of(self)->owner);
  Py_VISIT(of(self)->line);
  return 0;
}

int clear(PyObject* self) {
  Py_CLEAR(of(self)->owner);
  Py_CLEAR(of(self)->line);
  return 0;
}

void dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  clear(self);
  type->tp_free(self);
  Py_DECREF(type);
}

PyMethodDef methods[] = {
    {"try_take", try_take, METH_NOARGS,
     PyDoc_STR(
         "try_take($self)\n--\n\nThe turn if it is free, without waiting, else None. Raises StorageEventLoopError "
         "where nothing can wait.")},
    {"give", give, METH_O, PyDoc_STR("give($self, turn, /)\n--\n\nGive it back.")},
    {nullptr, nullptr, 0, nullptr}};
PyMemberDef members[] = {{"_owner", T_OBJECT, offsetof(OwnerObject, owner), 0, nullptr},
                         {"_line", T_OBJECT, offsetof(OwnerObject, line), READONLY, nullptr},
                         {nullptr, 0, 0, 0, nullptr}};
PyType_Slot slots[] = {{Py_tp_new, reinterpret_cast<void*>(&make)},
                       {Py_tp_dealloc, reinterpret_cast<void*>(&dealloc)},
                       {Py_tp_traverse, reinterpret_cast<void*>(&traverse)},
                       {Py_tp_clear, reinterpret_cast<void*>(&clear)},
                       {Py_tp_methods, methods},
                       {Py_tp_members, members},
                       {0, nullptr}};
PyType_Spec spec = {"genro_storage._core.TurnOwner", sizeof(OwnerObject), 0,
                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};

}  // namespace

bool add_turn_owner(PyObject* module) {
  const Ref type = Ref::steal(PyType_FromModuleAndSpec(module, &spec, nullptr));
  return type && PyModule_AddType(module, reinterpret_cast<PyTypeObject*>(type.get())) == 0;
}

}  // namespace genro::storage::python

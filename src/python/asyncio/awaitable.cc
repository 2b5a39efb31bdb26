#include "python/asyncio/awaitable.h"

#include <frameobject.h>
#include <structmember.h>

#include <cstddef>
#include <string_view>
#include <utility>

#include "python/asyncio/foreign_loop.h"
#include "python/asyncio/loop_turn.h"
#include "python/asyncio/running_loop.h"
#include "python/asyncio/waiter.h"
#include "python/calls/arguments.h"
#include "python/deferred.h"
#include "python/exceptions.h"

namespace genro::storage::python {

namespace {

/// `giving_way`: awaited, but the loop has its turn before the operation begins.
enum class Phase : unsigned char { created, giving_way, waiting, finished };

struct AwaitableObject {
  PyObject_HEAD PendingOperation* operation;  // null when there is only a failure, and after the end
  PyObject* failure;                          // raised instead of running
  const char* name;
  PyObject* weak_references;
  Phase phase;
  unsigned char turns;  // of the loop that are still to pass, while giving way
};
PyTypeObject* awaitable_type = nullptr;

AwaitableObject* of(PyObject* self) { return reinterpret_cast<AwaitableObject*>(self); }

/// Gives the waiter that nothing will wake any more, if there is one.
Ref let_go(AwaitableObject* self) noexcept {
  self->phase = Phase::finished;
  Py_CLEAR(self->failure);
  Ref waiter;
  if (PendingOperation* operation = std::exchange(self->operation, nullptr)) {
    if (!operation->done()) waiter = operation->abandon();
    operation->unref();
  }
  return waiter;
}

/// Somebody ends the awaitable, maybe under a task that waits for it: it comes back, and finds that there is nothing left.
void end(AwaitableObject* self) noexcept {
  if (const Ref waiter = let_go(self)) release_task(waiter.get());
}

/// As with any coroutine: a StopIteration that leaves it would be taken for its end, and its task would never have one.
void replace_stop_iteration() noexcept {
  if (!PyErr_ExceptionMatches(PyExc_StopIteration)) return;
  Ref stop = fetch_exception();
  PyErr_SetString(PyExc_RuntimeError, "coroutine raised StopIteration");
  const Ref error = fetch_exception();
  PyException_SetCause(error.get(), Py_NewRef(stop.get()));
  PyException_SetContext(error.get(), stop.release());
  PyErr_SetObject(PyExc_RuntimeError, error.get());
}

PySendResult take_value(AwaitableObject* self, PyObject** result) noexcept {
  *result = self->operation->take();
  let_go(self);
  release_deferred();
  if (*result) return PYGEN_RETURN;
  replace_stop_iteration();
  return PYGEN_ERROR;
}

PySendResult fail(AwaitableObject* self) noexcept {
  const Ref failure = Ref::steal(std::exchange(self->failure, nullptr));
  let_go(self);
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(failure.get())), failure.get());
  replace_stop_iteration();
  return PYGEN_ERROR;
}

/// What asyncio takes for "continue me at your next turn".
PySendResult give_way(AwaitableObject* self, PyObject** result) noexcept {
  if (self->phase != Phase::giving_way) self->turns = kTurnsGiven;
  self->phase = Phase::giving_way;
  --self->turns;
  *result = Py_NewRef(Py_None);
  return PYGEN_NEXT;
}

PySendResult begin(AwaitableObject* self, PyObject** result) noexcept {
  try {
    const Ref loop = running_loop();
    if (!loop) refuse_without_loop();
    // Before anything is done: what is cancelled meanwhile has not happened.
    const bool gives_way = self->phase == Phase::created ? loop_waits_for_turn() : self->turns != 0;
    if (gives_way) return give_way(self, result);
    self->phase = Phase::waiting;
    std::shared_ptr<LoopChannel> channel = LoopChannel::of(loop.get());
    self->operation->starting();
    self->operation->begin();
    if (self->operation->done()) return take_value(self, result);
    Ref waiter = make_waiter(loop.get(), *self->operation);
    if (self->operation->wait_on(std::move(channel), waiter.get())) return take_value(self, result);
    *result = waiter.release();
    return PYGEN_NEXT;
  } catch (...) {
    set_current_error();
    let_go(self);
    return PYGEN_ERROR;
  }
}

PySendResult awaitable_send(PyObject* object, PyObject*, PyObject** result) {
  AwaitableObject* self = of(object);
  *result = nullptr;
  if (self->phase == Phase::created || self->phase == Phase::giving_way) {
    return self->failure ? fail(self) : begin(self, result);
  }
  if (self->phase == Phase::finished) {
    PyErr_SetString(PyExc_RuntimeError, "cannot reuse already awaited coroutine");
    return PYGEN_ERROR;
  }
  if (self->operation->done()) return take_value(self, result);
  PyErr_SetString(PyExc_RuntimeError, "coroutine is being awaited already");
  return PYGEN_ERROR;
}

PyObject* as_iterator_result(PySendResult status, PyObject* result) {
  if (status != PYGEN_RETURN) return result;
  const Ref value = Ref::steal(result);
  const Ref stop = Ref::steal(PyObject_CallOneArg(PyExc_StopIteration, value.get()));  // a tuple is one value, too
  if (stop) PyErr_SetObject(PyExc_StopIteration, stop.get());
  return nullptr;
}

PyObject* awaitable_send_method(PyObject* self, PyObject* value) {
  PyObject* result = nullptr;
  const PySendResult status = awaitable_send(self, value, &result);
  return as_iterator_result(status, result);
}

PyObject* awaitable_next(PyObject* self) { return awaitable_send_method(self, Py_None); }

PyObject* awaitable_throw(PyObject* object, PyObject* const* args, Py_ssize_t count) {
  if (count < 1 || count > 3) return PyErr_Format(PyExc_TypeError, "throw expected 1 to 3 arguments, got %zd", count);
  if (of(object)->phase == Phase::finished) {
    PyErr_SetString(PyExc_RuntimeError, "cannot reuse already awaited coroutine");
    return nullptr;
  }
  end(of(object));
  PyObject* type = args[0];
  PyObject* value = count > 1 && args[1] != Py_None ? args[1] : nullptr;
  PyObject* traceback = count > 2 && args[2] != Py_None ? args[2] : nullptr;
  if (PyExceptionInstance_Check(type)) {
    value = type;
    type = PyExceptionInstance_Class(type);
    if (!traceback) traceback = Ref::steal(PyException_GetTraceback(value)).get();  // the exception keeps it alive
  } else if (!PyExceptionClass_Check(type)) {
    return PyErr_Format(PyExc_TypeError, "exceptions must be classes or instances deriving from BaseException");
  }
  PyErr_Restore(Py_NewRef(type), Py_XNewRef(value), Py_XNewRef(traceback));
  replace_stop_iteration();
  return nullptr;
}

PyObject* awaitable_close(PyObject* self, PyObject*) {
  end(of(self));
  Py_RETURN_NONE;
}

PyObject* awaitable_await(PyObject* self) { return Py_NewRef(self); }
PyObject* awaitable_await_method(PyObject* self, PyObject*) { return Py_NewRef(self); }

PyObject* awaitable_qualname(PyObject* self, void*) { return PyUnicode_FromString(of(self)->name); }
PyObject* awaitable_name(PyObject* self, void*) {
  const std::string_view name(of(self)->name);
  return PyUnicode_FromString(of(self)->name + name.rfind('.') + 1);
}
PyObject* awaitable_running(PyObject*, void*) { Py_RETURN_FALSE; }
PyObject* awaitable_suspended(PyObject* self, void*) {
  return PyBool_FromLong(of(self)->phase == Phase::giving_way || of(self)->phase == Phase::waiting);
}
PyObject* nothing(PyObject*, void*) { Py_RETURN_NONE; }

/// An empty frame with the operation's name until the end: inspect takes its absence for "closed".
PyObject* awaitable_frame(PyObject* object, void*) {
  const AwaitableObject* self = of(object);
  if (self->phase == Phase::finished) Py_RETURN_NONE;
  const Ref globals = Ref::steal(PyDict_New());
  const Ref code = Ref::steal(reinterpret_cast<PyObject*>(PyCode_NewEmpty("genro_storage", self->name, 0)));
  if (!globals || !code) return nullptr;
  return reinterpret_cast<PyObject*>(
      PyFrame_New(PyThreadState_Get(), reinterpret_cast<PyCodeObject*>(code.get()), globals.get(), nullptr));
}

/// It has all of a coroutine but the type, which cannot be derived from: by this, isinstance() takes it for one.
PyObject* awaitable_class(PyObject*, void*) {
  static PyObject* coroutine = nullptr;
  if (!coroutine) {
    const Ref types = Ref::steal(PyImport_ImportModule("types"));
    coroutine = types ? PyObject_GetAttrString(types.get(), "CoroutineType") : nullptr;
  }
  return Py_XNewRef(coroutine);
}

PyObject* awaitable_repr(PyObject* self) { return PyUnicode_FromFormat("<awaitable %s at %p>", of(self)->name, self); }

void awaitable_finalize(PyObject* object) {
  AwaitableObject* self = of(object);
  if (self->phase != Phase::created) return;
  PyObject* type = nullptr;
  PyObject* value = nullptr;
  PyObject* traceback = nullptr;
  PyErr_Fetch(&type, &value, &traceback);
  if (PyErr_WarnFormat(PyExc_RuntimeWarning, 1, "coroutine '%s' was never awaited", self->name) != 0) {
    PyErr_WriteUnraisable(object);
  }
  PyErr_Restore(type, value, traceback);
}

void awaitable_dealloc(PyObject* object) {
  if (PyObject_CallFinalizerFromDealloc(object) < 0) return;
  AwaitableObject* self = of(object);
  if (self->weak_references) PyObject_ClearWeakRefs(object);
  let_go(self);
  PyTypeObject* type = Py_TYPE(object);
  type->tp_free(object);
  Py_DECREF(type);
}

PyMethodDef awaitable_methods[] = {
    {"send", as_method(&awaitable_send_method), METH_O,
     PyDoc_STR("send($self, value, /)\n--\n\nStart or continue the operation.")},
    {"throw", as_method(&awaitable_throw), METH_FASTCALL,
     PyDoc_STR("throw($self, type, value=None, traceback=None, /)\n--\n\nStop the operation and raise the exception.")},
    {"close", as_method(&awaitable_close), METH_NOARGS, PyDoc_STR("close($self, /)\n--\n\nStop the operation.")},
    {"__await__", as_method(&awaitable_await_method), METH_NOARGS,
     PyDoc_STR("__await__($self, /)\n--\n\nReturn self.")},
    {nullptr, nullptr, 0, nullptr}};

// What asyncio and inspect look at when they describe a coroutine.
PyGetSetDef awaitable_attributes[] = {{"__name__", awaitable_name, nullptr, nullptr, nullptr},
                                      {"__qualname__", awaitable_qualname, nullptr, nullptr, nullptr},
                                      {"__class__", awaitable_class, nullptr, nullptr, nullptr},
                                      {"cr_running", awaitable_running, nullptr, nullptr, nullptr},
                                      {"cr_suspended", awaitable_suspended, nullptr, nullptr, nullptr},
                                      {"cr_frame", awaitable_frame, nullptr, nullptr, nullptr},
                                      {"cr_await", nothing, nullptr, nullptr, nullptr},
                                      {"cr_origin", nothing, nullptr, nullptr, nullptr},
                                      {nullptr, nullptr, nullptr, nullptr, nullptr}};

PyMemberDef awaitable_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(AwaitableObject, weak_references), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr}};

PyType_Slot awaitable_slots[] = {
    {Py_tp_doc, const_cast<char*>("One storage operation, to be awaited once. It does nothing before that.")},
    {Py_tp_dealloc, reinterpret_cast<void*>(&awaitable_dealloc)},
    {Py_tp_finalize, reinterpret_cast<void*>(&awaitable_finalize)},
    {Py_tp_repr, reinterpret_cast<void*>(&awaitable_repr)},
    {Py_tp_iter, reinterpret_cast<void*>(&PyObject_SelfIter)},
    {Py_tp_iternext, reinterpret_cast<void*>(&awaitable_next)},
    {Py_am_await, reinterpret_cast<void*>(&awaitable_await)},
    {Py_am_send, reinterpret_cast<void*>(&awaitable_send)},
    {Py_tp_methods, awaitable_methods},
    {Py_tp_getset, awaitable_attributes},
    {Py_tp_members, awaitable_members},
    {0, nullptr}};
PyType_Spec awaitable_spec = {"genro_storage._core.Awaitable", sizeof(AwaitableObject), 0,
                              Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, awaitable_slots};

AwaitableObject* new_awaitable(const char* name) noexcept {
  auto* self = of(awaitable_type->tp_alloc(awaitable_type, 0));
  if (self) self->name = name;
  return self;
}

}  // namespace

PyObject* make_awaitable(PendingOperation& operation, const char* name) noexcept {
  AwaitableObject* self = new_awaitable(name);
  if (!self) {
    operation.unref();
    return nullptr;
  }
  self->operation = &operation;
  return reinterpret_cast<PyObject*>(self);
}

PyObject* make_failed_awaitable(const char* name) noexcept {
  Ref failure = fetch_exception();
  AwaitableObject* self = new_awaitable(name);
  if (self) self->failure = failure.release();
  return reinterpret_cast<PyObject*>(self);
}

bool add_awaitable(PyObject* module) {
  awaitable_type = reinterpret_cast<PyTypeObject*>(PyType_FromModuleAndSpec(module, &awaitable_spec, nullptr));
  return awaitable_type && PyModule_AddType(module, awaitable_type) == 0;
}

}  // namespace genro::storage::python

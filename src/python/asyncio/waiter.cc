#include "python/asyncio/waiter.h"

#include <utility>

#include "python/asyncio/pending_operation.h"
#include "python/calls/arguments.h"
#include "python/enter.h"
#include "python/exceptions.h"

namespace genro::storage::python {
namespace {

enum class State : unsigned char { pending, stopping, done, cancelled };

// What a helper thread is doing in the system cannot be interrupted: a disk that hangs must not hold up its task.
constexpr double kLongestStopSeconds = 1;

struct WaiterObject {
  PyObject_HEAD PyObject* loop;
  PendingOperation* operation;  // null once it has ended
  PyObject* limit;              // the loop's timer, while stopping
  PyObject* callback;           // the task's, once it waits
  PyObject* context;            // to call it in
  PyObject* message;            // of a cancellation
  bool blocking;                // set until a task has taken note: how it knows that it was not handed over by mistake
  State state;
};
PyTypeObject* waiter_type = nullptr;

WaiterObject* of(PyObject* self) { return reinterpret_cast<WaiterObject*>(self); }

bool is_over(const WaiterObject* self) noexcept {
  return self->state == State::done || self->state == State::cancelled;
}

PyObject* asyncio_class(const char* name) {
  const Ref module = checked(PyImport_ImportModule("asyncio.exceptions"));
  return checked(PyObject_GetAttrString(module.get(), name)).release();
}

/// The callback at the loop's next turn, as any future does it. `how`: the loop's method that takes it.
void call_soon(WaiterObject* self, const char* how = "call_soon") {
  const Ref callback = Ref::steal(std::exchange(self->callback, nullptr));
  const Ref context = Ref::steal(std::exchange(self->context, nullptr));
  if (!callback) return;
  const Ref method = checked(PyObject_GetAttrString(self->loop, how));
  const Ref arguments = checked(PyTuple_Pack(2, callback.get(), reinterpret_cast<PyObject*>(self)));
  const Ref keywords = checked(PyDict_New());
  if (context && PyDict_SetItemString(keywords.get(), "context", context.get()) != 0) throw ErrorIsSet();
  checked(enter([&] { return PyObject_Call(method.get(), arguments.get(), keywords.get()); }));
}

PyObject* get_loop(PyObject* self, PyObject*) { return Py_NewRef(of(self)->loop); }

PyObject* add_done_callback(PyObject* object, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return guarded([&]() -> PyObject* {
    static const Signature<2> signature("add_done_callback", 1, 1, {"fn", "context"});
    const auto [callback, context] = signature.bind(args, count, keywords);
    WaiterObject* self = of(object);
    if (self->callback) {
      PyErr_SetString(PyExc_RuntimeError, "one task waits for this already");
      throw ErrorIsSet();
    }
    self->callback = Py_NewRef(callback);
    self->context = context && context != Py_None ? Py_NewRef(context) : nullptr;
    if (is_over(self)) call_soon(self);
    Py_RETURN_NONE;
  });
}

PyObject* remove_done_callback(PyObject* object, PyObject* callback) {
  WaiterObject* self = of(object);
  const int same = self->callback ? PyObject_RichCompareBool(self->callback, callback, Py_EQ) : 0;
  if (same < 0) return nullptr;
  if (same) Py_CLEAR(self->callback);
  return PyLong_FromLong(same);
}

void be_cancelled(WaiterObject* self) {
  self->state = State::cancelled;
  call_soon(self);
}

/// The limit's callback: the operation goes on in the background until it notices.
PyObject* give_up(PyObject* object, PyObject*) {
  return guarded([object]() -> PyObject* {
    WaiterObject* self = of(object);
    Py_CLEAR(self->limit);
    if (self->state == State::stopping) be_cancelled(self);
    Py_RETURN_NONE;
  });
}

Ref limit_of(PyObject* object) {
  const Ref method = checked(PyObject_GetAttrString(of(object)->loop, "call_later"));
  const Ref seconds = checked(PyFloat_FromDouble(kLongestStopSeconds));
  const Ref callback = checked(PyObject_GetAttrString(object, "_give_up"));
  return checked(
      enter([&] { return PyObject_CallFunctionObjArgs(method.get(), seconds.get(), callback.get(), nullptr); }));
}

PyObject* cancel(PyObject* object, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return guarded([&]() -> PyObject* {
    static const Signature<1> signature("cancel", 0, 1, {"msg"});
    const auto [message] = signature.bind(args, count, keywords);
    WaiterObject* self = of(object);
    if (self->state == State::stopping) Py_RETURN_TRUE;  // some ask again at every turn of the loop
    if (self->state != State::pending) Py_RETURN_FALSE;
    self->message = message && message != Py_None ? Py_NewRef(message) : nullptr;
    if (self->operation) {
      self->limit = limit_of(object).release();
      self->state = State::stopping;
      self->operation->stop();
    } else {
      be_cancelled(self);
    }
    Py_RETURN_TRUE;
  });
}

PyObject* result(PyObject* object, PyObject*) {
  WaiterObject* self = of(object);
  if (self->state == State::done) Py_RETURN_NONE;
  return guarded([self]() -> PyObject* {
    const Ref type =
        Ref::steal(asyncio_class(self->state == State::cancelled ? "CancelledError" : "InvalidStateError"));
    const Ref error =
        checked(self->message ? PyObject_CallOneArg(type.get(), self->message) : PyObject_CallNoArgs(type.get()));
    PyErr_SetObject(type.get(), error.get());
    throw ErrorIsSet();
  });
}

PyObject* done(PyObject* self, PyObject*) { return PyBool_FromLong(is_over(of(self))); }
PyObject* cancelled(PyObject* self, PyObject*) { return PyBool_FromLong(of(self)->state == State::cancelled); }
PyObject* blocking(PyObject* self, void*) { return PyBool_FromLong(of(self)->blocking); }

int set_blocking(PyObject* self, PyObject* value, void*) {
  const int truth = value ? PyObject_IsTrue(value) : 0;
  if (truth < 0) return -1;
  of(self)->blocking = truth != 0;
  return 0;
}

int traverse(PyObject* object, visitproc visit, void* arg) {
  WaiterObject* self = of(object);
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(self->loop);
  Py_VISIT(self->limit);
  Py_VISIT(self->callback);
  Py_VISIT(self->context);
  Py_VISIT(self->message);
  return 0;
}

int clear(PyObject* object) {
  WaiterObject* self = of(object);
  Py_CLEAR(self->loop);
  Py_CLEAR(self->limit);
  Py_CLEAR(self->callback);
  Py_CLEAR(self->context);
  Py_CLEAR(self->message);
  return 0;
}

void dealloc(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  clear(object);
  type->tp_free(object);
  Py_DECREF(type);
}

PyMethodDef methods[] = {{"get_loop", as_method(&get_loop), METH_NOARGS, nullptr},
                         {"add_done_callback", as_method(&add_done_callback), METH_FASTCALL | METH_KEYWORDS, nullptr},
                         {"remove_done_callback", as_method(&remove_done_callback), METH_O, nullptr},
                         {"cancel", as_method(&cancel), METH_FASTCALL | METH_KEYWORDS, nullptr},
                         {"_give_up", as_method(&give_up), METH_NOARGS, nullptr},
                         {"result", as_method(&result), METH_NOARGS, nullptr},
                         {"done", as_method(&done), METH_NOARGS, nullptr},
                         {"cancelled", as_method(&cancelled), METH_NOARGS, nullptr},
                         {nullptr, nullptr, 0, nullptr}};
PyGetSetDef attributes[] = {{"_asyncio_future_blocking", blocking, set_blocking, nullptr, nullptr},
                            {nullptr, nullptr, nullptr, nullptr, nullptr}};
PyType_Slot slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(&dealloc)},
                       {Py_tp_traverse, reinterpret_cast<void*>(&traverse)},
                       {Py_tp_clear, reinterpret_cast<void*>(&clear)},
                       {Py_tp_methods, methods},
                       {Py_tp_getset, attributes},
                       {0, nullptr}};
PyType_Spec spec = {"genro_storage._core._Waiter", sizeof(WaiterObject), 0,
                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

/// The timer is no longer wanted.
void end_limit(WaiterObject* self) noexcept {
  const Ref limit = Ref::steal(std::exchange(self->limit, nullptr));
  const Ref ended = Ref::steal(enter([&] { return PyObject_CallMethod(limit.get(), "cancel", nullptr); }));
  if (!ended) PyErr_WriteUnraisable(limit.get());
}

}  // namespace

Ref make_waiter(PyObject* loop, PendingOperation& operation) {
  auto* self = of(waiter_type->tp_alloc(waiter_type, 0));
  if (!self) throw ErrorIsSet();
  self->loop = Py_NewRef(loop);
  self->operation = &operation;
  self->blocking = true;
  self->state = State::pending;
  return Ref::steal(reinterpret_cast<PyObject*>(self));
}

void detach(PyObject* waiter) noexcept { of(waiter)->operation = nullptr; }

bool wake(PyObject* object) noexcept {
  WaiterObject* self = of(object);
  if (is_over(self)) return true;
  self->state = self->state == State::stopping ? State::cancelled : State::done;
  if (self->limit) end_limit(self);
  if (!self->callback) return true;  // add_done_callback() will see to it
  if (!self->context || PyContext_Enter(self->context) != 0) {
    PyErr_Clear();
    PyObject* scheduled = guarded([self] {
      call_soon(self);
      return Py_NewRef(Py_None);
    });
    if (!scheduled) PyErr_WriteUnraisable(object);  // the loop is closed: nobody can be told
    Py_XDECREF(scheduled);
    return true;
  }
  const Ref callback = Ref::steal(std::exchange(self->callback, nullptr));
  const Ref context = Ref::steal(std::exchange(self->context, nullptr));
  const Ref value = Ref::steal(enter([&] { return PyObject_CallOneArg(callback.get(), object); }));
  const bool ended = !value && !PyErr_ExceptionMatches(PyExc_Exception);
  if (!value && !ended) PyErr_WriteUnraisable(callback.get());
  PyObject* type = nullptr;
  PyObject* error = nullptr;
  PyObject* traceback = nullptr;
  if (ended) PyErr_Fetch(&type, &error, &traceback);
  if (PyContext_Exit(context.get()) != 0) PyErr_WriteUnraisable(object);
  if (ended) PyErr_Restore(type, error, traceback);
  return !ended;
}

void release_task(PyObject* object) noexcept {
  WaiterObject* self = of(object);
  if (is_over(self)) return;
  self->state = self->state == State::stopping ? State::cancelled : State::done;
  PyObject* type = nullptr;
  PyObject* error = nullptr;
  PyObject* traceback = nullptr;
  PyErr_Fetch(&type, &error, &traceback);
  if (self->limit) end_limit(self);
  PyObject* scheduled = guarded([self] {
    call_soon(self, "call_soon_threadsafe");
    return Py_NewRef(Py_None);
  });
  // A closed loop has no turns: its tasks are never continued.
  if (!scheduled && PyErr_ExceptionMatches(PyExc_RuntimeError)) PyErr_Clear();
  if (!scheduled && PyErr_Occurred()) PyErr_WriteUnraisable(object);
  Py_XDECREF(scheduled);
  PyErr_Restore(type, error, traceback);
}

bool prepare_waiter() {
  waiter_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
  return waiter_type != nullptr;
}

}  // namespace genro::storage::python

#include "python/exceptions.h"

#include <array>

#include "genro/storage/error.h"

namespace genro::storage::python {

Ref fetch_exception() noexcept {
  PyObject* type = nullptr;
  PyObject* value = nullptr;
  PyObject* traceback = nullptr;
  PyErr_Fetch(&type, &value, &traceback);
  PyErr_NormalizeException(&type, &value, &traceback);
  if (traceback) PyException_SetTraceback(value, traceback);
  Py_XDECREF(type);
  Py_XDECREF(traceback);
  return Ref::steal(value);
}

namespace {

constexpr std::size_t kCodes = static_cast<std::size_t>(ErrorCode::internal) + 1;

/// What is in genro_storage.exceptions, kept for good.
struct ErrorClasses {
  PyObject* module = nullptr;
  std::array<PyObject*, kCodes> by_code{};
  std::array<PyObject*, 4> others{};  // by ErrorClass
};
ErrorClasses classes;

/// Borrowed. Null with an error set.
PyObject* class_of(const Error& error) {
  // Of nodes without a mount: once they had no backend whose method could be called, which was an AttributeError.
  if (error.code() == ErrorCode::invalid_argument && error.where() == "None:") return error_class(ErrorClass::detached);
  PyObject*& known = classes.by_code[static_cast<std::size_t>(error.code())];
  // A few are made when they are first asked for, since their bases take time to import.
  if (!known) known = PyObject_GetAttrString(classes.module, std::string(traits(error.code()).python).c_str());
  return known;
}

void set_attribute(PyObject* object, const char* name, PyObject* value) {
  const Ref held = checked(value);
  if (PyObject_SetAttrString(object, name, held.get()) != 0) throw ErrorIsSet();
}

PyObject* text(std::string_view value) {
  return PyUnicode_DecodeUTF8(value.data() ? value.data() : "", static_cast<Py_ssize_t>(value.size()), "replace");
}

Ref exception_of(std::exception_ptr error);

Ref exception_of(const Error& error) {
  PyObject* const type = class_of(error);
  if (!type) throw ErrorIsSet();
  const Ref message = checked(text(error.what()));
  Ref exception = checked(enter([&] { return PyObject_CallOneArg(type, message.get()); }));
  set_attribute(exception.get(), "code", text(to_string(error.code())));
  set_attribute(exception.get(), "operation", text(error.operation()));
  set_attribute(exception.get(), "where", text(error.where()));
  set_attribute(exception.get(), "request_id", text(error.request_id()));
  set_attribute(exception.get(), "attempts", PyLong_FromLong(error.attempts()));
  set_attribute(exception.get(), "elapsed", PyFloat_FromDouble(error.elapsed()));
  if (PyObject_TypeCheck(exception.get(), reinterpret_cast<PyTypeObject*>(PyExc_OSError))) {
    set_attribute(exception.get(), "errno", PyLong_FromLong(traits(error.code()).posix_errno));
  }
  if (error.cause()) PyException_SetCause(exception.get(), exception_of(error.cause()).release());
  return exception;
}

Ref exception_of(std::exception_ptr error) {
  set_error(std::move(error));
  return fetch_exception();
}

}  // namespace

bool load_error_classes() {
  classes.module = PyImport_ImportModule("genro_storage.exceptions");
  if (!classes.module) return false;
  PyObject* const made = PyModule_GetDict(classes.module);
  for (std::size_t code = 0; code < kCodes; ++code) {
    const std::string name(traits(static_cast<ErrorCode>(code)).python);
    classes.by_code[code] = Py_XNewRef(PyDict_GetItemString(made, name.c_str()));
  }
  for (const auto& [which, name] :
       {std::pair(ErrorClass::detached, "StorageDetachedError"), std::pair(ErrorClass::mount, "StorageMountError"),
        std::pair(ErrorClass::config_type, "StorageConfigTypeError"),
        std::pair(ErrorClass::event_loop, "StorageEventLoopError")}) {
    PyObject* const made_class = PyObject_GetAttrString(classes.module, name);
    if (!made_class) return false;
    classes.others[static_cast<std::size_t>(which)] = made_class;
  }
  return true;
}

PyObject* error_class(ErrorClass which) noexcept { return classes.others[static_cast<std::size_t>(which)]; }

PythonError PythonError::take() {
  const Ref exception = fetch_exception();
  const Ref words = Ref::steal(enter([&] { return PyObject_Str(exception.get()); }));
  const char* utf8 = words ? PyUnicode_AsUTF8(words.get()) : nullptr;
  std::string text(utf8 ? utf8 : Py_TYPE(exception.get())->tp_name);
  PyErr_Clear();
  return PythonError(hold(exception), std::move(text));
}

void PythonError::raise() const {
  if (!PyErr_GivenExceptionMatches(object(), PyExc_Exception)) throw PythonInterruption(*this);
  throw *this;
}

void PythonError::restore() const noexcept {
  PyObject* exception = exception_->get();
  PyErr_Restore(Py_NewRef(reinterpret_cast<PyObject*>(Py_TYPE(exception))), Py_NewRef(exception),
                PyException_GetTraceback(exception));
}

namespace {

/// What Python code raised below the engine comes out as it was raised. False when the error is the engine's own.
bool restore_cause(const Error& error) noexcept {
  const std::exception_ptr cause = error.cause();
  if (!cause) return false;
  try {
    std::rethrow_exception(cause);
  } catch (const PythonError& raised) {
    raised.restore();
    return true;
  } catch (...) {
    return false;
  }
}

}  // namespace

void set_current_error() noexcept {
  try {
    throw;
  } catch (const ErrorIsSet&) {
  } catch (const PythonError& error) {
    error.restore();
  } catch (const Error& error) {
    if (restore_cause(error)) return;
    try {
      const Ref exception = exception_of(error);
      PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.get())), exception.get());
    } catch (const ErrorIsSet&) {
    }
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_RuntimeError, error.what());
  } catch (...) {
    PyErr_SetString(PyExc_RuntimeError, "unknown C++ exception");
  }
}

void set_error(std::exception_ptr error) noexcept {
  try {
    std::rethrow_exception(std::move(error));
  } catch (...) {
    set_current_error();
  }
}

}  // namespace genro::storage::python

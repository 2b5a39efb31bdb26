// Failures across the border. The engine's Error becomes an exception class of genro_storage.exceptions; an exception that
// a Python callback raised travels through the engine as PythonError and comes out as the same object.
// Nothing here puts more into a message than Error::what(): secrets never get that far.
#pragma once

#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "core/interruption.h"
#include "python/enter.h"
#include "python/py_handle.h"
#include "python/ref.h"

namespace genro::storage::python {

/// A Python exception on its way through C++. Copies share the object; the engine may drop it on any thread.
class PythonError : public std::exception {
 public:
  /// Takes the error indicator of this thread, which must be set.
  static PythonError take();
  /// Throws it, as a PythonInterruption where it is one.
  [[noreturn]] void raise() const;
  const char* what() const noexcept override { return text_->c_str(); }  ///< str() of the exception
  void restore() const noexcept;                                         ///< Sets it as this thread's error.
  PyObject* object() const noexcept { return exception_->get(); }        ///< Borrowed.

 private:
  PythonError(PyHandle exception, std::string text)
      : exception_(std::move(exception)), text_(std::make_shared<const std::string>(std::move(text))) {}
  PyHandle exception_;
  std::shared_ptr<const std::string> text_;
};

/// While the module is loaded: at the end of the interpreter, when finalizers may still use the library, nothing can be
/// imported any more. False with a Python error set on failure.
bool load_error_classes();

/// Those that stand for no ErrorCode of the engine.
enum class ErrorClass : unsigned char { detached, mount, config_type, event_loop };
/// Borrowed.
PyObject* error_class(ErrorClass which) noexcept;

/// One that is no Exception.
class PythonInterruption final : public PythonError, public Interruption {
 public:
  explicit PythonInterruption(PythonError error) : PythonError(std::move(error)) {}
};

/// Sets the Python error for what the engine threw. GIL held.
void set_error(std::exception_ptr error) noexcept;
/// The same for the exception being handled: to be called in a catch block.
void set_current_error() noexcept;

/// Takes this thread's error indicator as an exception object with its traceback.
Ref fetch_exception() noexcept;

/// Runs `body`, which gives a PyObject*; anything it throws becomes a Python error and null.
template <class Body>
PyObject* guarded(Body&& body) noexcept {
  try {
    return std::forward<Body>(body)();
  } catch (abi::__forced_unwind&) {
    sleep_for_ever();
  } catch (...) {
    set_current_error();
    return nullptr;
  }
}

}  // namespace genro::storage::python

// Ref: owns one reference to a Python object. Used throughout the binding; also includes Python.h the right way.
// Make, copy and drop it only with the GIL held; what the engine may drop on its own threads goes through deferred.h.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <utility>

namespace genro::storage::python {

class Ref {
 public:
  Ref() noexcept = default;
  /// Takes over a new reference (or null).
  static Ref steal(PyObject* object) noexcept {
    Ref ref;
    ref.object_ = object;
    return ref;
  }
  /// Adds a reference of its own.
  static Ref borrow(PyObject* object) noexcept {
    Py_XINCREF(object);
    return steal(object);
  }
  Ref(const Ref& other) noexcept : object_(other.object_) { Py_XINCREF(object_); }
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() { Py_XDECREF(object_); }

  PyObject* get() const noexcept { return object_; }
  explicit operator bool() const noexcept { return object_ != nullptr; }
  /// Gives the reference away, for example as a return value.
  PyObject* release() noexcept { return std::exchange(object_, nullptr); }

 private:
  PyObject* object_ = nullptr;
};

/// Thrown where a CPython call has already set the error indicator; it carries nothing else.
struct ErrorIsSet {};

/// The object, or ErrorIsSet when the call that gave it failed.
inline Ref checked(PyObject* object) {
  if (!object) throw ErrorIsSet();
  return Ref::steal(object);
}

}  // namespace genro::storage::python

// Arguments of methods called by CPython's fast convention (METH_FASTCALL | METH_KEYWORDS), bound as Python itself would.
// Used by every type of this module. Declare a Signature as a function's static: names are interned once.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>

#include "python/ref.h"

namespace genro::storage::python {

namespace detail {
/// Fills `bound` (null = not given). False with a TypeError set.
bool bind(const char* function, std::span<PyObject* const> names, std::size_t required, std::size_t positional,
          PyObject* const* args, Py_ssize_t count, PyObject* keywords, std::span<PyObject*> bound);
}  // namespace detail

template <std::size_t N>
class Signature {
 public:
  using Bound = std::array<PyObject*, N>;  ///< Borrowed from the caller.
  /// The first `required` must be given; the first `positional` may be given by position.
  Signature(const char* function, std::size_t required, std::size_t positional, const char* const (&names)[N])
      : function_(function), required_(required), positional_(positional) {
    for (std::size_t i = 0; i < N; ++i) names_[i] = PyUnicode_InternFromString(names[i]);
  }
  /// Throws ErrorIsSet.
  Bound bind(PyObject* const* args, Py_ssize_t count, PyObject* keywords) const {
    Bound bound{};
    if (!detail::bind(function_, names_, required_, positional_, args, count, keywords, bound)) throw ErrorIsSet();
    return bound;
  }
  /// For tp_init and tp_new, which get a tuple and a dict.
  Bound bind(PyObject* tuple, PyObject* dict) const;

 private:
  const char* function_;
  std::size_t required_;
  std::size_t positional_;
  std::array<PyObject*, N> names_{};  // interned, for good
};

/// Any of the method conventions as the table wants it.
template <class Function>
constexpr PyCFunction as_method(Function function) {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function));
}
template <class Function>
void* as_slot(Function function) {
  return reinterpret_cast<void*>(function);
}

/// Whether an optional argument was given, and not as None.
inline bool given(PyObject* argument) { return argument && argument != Py_None; }
/// Throws ErrorIsSet, with an exception of this type set.
[[noreturn]] inline void fail(PyObject* type, const std::string& message) {
  PyErr_SetString(type, message.c_str());
  throw ErrorIsSet();
}

/// Truth of an optional argument; `otherwise` when it was not given. Throws ErrorIsSet.
inline bool flag(PyObject* argument, bool otherwise) {
  if (!argument) return otherwise;
  const int truth = PyObject_IsTrue(argument);
  if (truth < 0) throw ErrorIsSet();
  return truth != 0;
}

template <std::size_t N>
typename Signature<N>::Bound Signature<N>::bind(PyObject* tuple, PyObject* dict) const {
  const auto given = static_cast<std::size_t>(PyTuple_GET_SIZE(tuple));
  const auto named = static_cast<std::size_t>(dict ? PyDict_GET_SIZE(dict) : 0);
  const Ref keywords = checked(PyTuple_New(static_cast<Py_ssize_t>(named)));
  std::array<PyObject*, N + 1> values{};
  if (given + named > N) {
    PyErr_Format(PyExc_TypeError, "%s() takes at most %zu arguments (%zu given)", function_, N, given + named);
    throw ErrorIsSet();
  }
  for (std::size_t i = 0; i < given; ++i) values[i] = PyTuple_GET_ITEM(tuple, static_cast<Py_ssize_t>(i));
  PyObject* key = nullptr;
  PyObject* value = nullptr;
  Py_ssize_t position = 0;
  for (std::size_t i = 0; dict && PyDict_Next(dict, &position, &key, &value); ++i) {
    PyTuple_SET_ITEM(keywords.get(), static_cast<Py_ssize_t>(i), Py_NewRef(key));
    values[given + i] = value;
  }
  return bind(values.data(), static_cast<Py_ssize_t>(given), keywords.get());
}

}  // namespace genro::storage::python

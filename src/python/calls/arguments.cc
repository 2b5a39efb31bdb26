#include "python/calls/arguments.h"

namespace genro::storage::python::detail {
namespace {

/// Position of a keyword among the names; names.size() when it is none of them.
std::size_t find_name(std::span<PyObject* const> names, PyObject* keyword) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == keyword) return i;  // both interned: the usual case
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (PyUnicode_Compare(names[i], keyword) == 0) return i;
  }
  return names.size();
}

}  // namespace

bool bind(const char* function, std::span<PyObject* const> names, std::size_t required, std::size_t positional,
          PyObject* const* args, Py_ssize_t count, PyObject* keywords, std::span<PyObject*> bound) {
  const auto given = static_cast<std::size_t>(count);
  if (given > positional) {
    PyErr_Format(PyExc_TypeError, "%s() takes at most %zu positional argument%s (%zu given)", function, positional,
                 positional == 1 ? "" : "s", given);
    return false;
  }
  for (std::size_t i = 0; i < given; ++i) bound[i] = args[i];
  const Py_ssize_t named = keywords ? PyTuple_GET_SIZE(keywords) : 0;
  for (Py_ssize_t i = 0; i < named; ++i) {
    PyObject* keyword = PyTuple_GET_ITEM(keywords, i);
    const std::size_t found = find_name(names, keyword);
    if (found == names.size()) {
      PyErr_Format(PyExc_TypeError, "%s() got an unexpected keyword argument '%U'", function, keyword);
      return false;
    }
    if (bound[found]) {
      PyErr_Format(PyExc_TypeError, "%s() got multiple values for argument '%U'", function, keyword);
      return false;
    }
    bound[found] = args[count + i];
  }
  for (std::size_t i = 0; i < required; ++i) {
    if (!bound[i]) {
      PyErr_Format(PyExc_TypeError, "%s() missing required argument: '%U'", function, names[i]);
      return false;
    }
  }
  return true;
}

}  // namespace genro::storage::python::detail

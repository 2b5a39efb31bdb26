// doctor() of the Python manager. Used by manager.cc for its method table.
#pragma once

#include "python/ref.h"

namespace genro::storage::python {

PyObject* manager_doctor(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) noexcept;

}  // namespace genro::storage::python

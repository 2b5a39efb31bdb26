// Whether two nodes are equal: the operators, equals() and the hash they do not have. Used by node_object.cc for its type.
#pragma once

#include "python/ref.h"

namespace genro::storage::python {

/// == and != block, also inside a loop: an operator cannot be awaited. They may read both contents.
PyObject* node_compare(PyObject* self, PyObject* other, int operation);
PyObject* node_equals(PyObject* self, PyObject* other);
/// Raises TypeError.
Py_hash_t node_hash(PyObject* self);

}  // namespace genro::storage::python

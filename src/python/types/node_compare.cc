#include "python/types/node_compare.h"

#include <optional>

#include "python/asyncio/dual.h"
#include "python/calls/convert.h"
#include "python/types/node_object.h"

namespace genro::storage::python {
namespace {

struct Equals {
  NodePointer left;
  NodePointer right;
  std::optional<bool> known;  // without a look at contents
  Task<bool> task() { return known ? answer(*known) : left->equals(*right); }
  static Task<bool> answer(bool equal) { co_return equal; }
  PyObject* value(bool equal) { return to_python(equal); }
  bool quick() const { return false; }  // may hash two whole files
};

}  // namespace

PyObject* node_compare(PyObject* self, PyObject* other, int operation) {
  if ((operation != Py_EQ && operation != Py_NE) || !is_node(other)) Py_RETURN_NOTIMPLEMENTED;
  if (self == other) return to_python(operation == Py_EQ);
  if (node_of(self)->detached() || node_of(other)->detached()) {
    const bool same = node_of(self)->is_virtual() && *node_of(self) == *node_of(other);
    return to_python(same == (operation == Py_EQ));
  }
  PyObject* equal =
      dual("StorageNode.__eq__", [&] { return Equals{node_of(self), node_of(other), {}}; }, CallMode::sync);
  if (!equal || operation == Py_EQ) return equal;
  return to_python(Ref::steal(equal).get() == Py_False);
}

PyObject* node_equals(PyObject* self, PyObject* other) {
  return dual("StorageNode.equals", [&] {
    Equals operation{node_of(self), is_node(other) ? node_of(other) : nullptr, {}};
    if (self == other || !operation.right || operation.left->detached() || operation.right->detached()) {
      operation.known = self == other;
    }
    return operation;
  });
}

Py_hash_t node_hash(PyObject* self) {
  PyErr_Format(PyExc_TypeError,
               "unhashable type: '%.100s' (nodes are equal when their contents are, and contents change): use its "
               "fullpath as the key",
               Py_TYPE(self)->tp_name);
  return -1;
}

}  // namespace genro::storage::python

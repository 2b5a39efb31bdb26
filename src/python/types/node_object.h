// The Python type behind StorageNode: a manager and an engine node. Hot methods live here as C functions; cold ones are
// Python, in node.py. A Node is never changed once a NodeObject refers to it: operations in flight share it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "genro/storage/node.h"
#include "python/ref.h"

namespace genro::storage::python {

using NodePointer = std::shared_ptr<Node>;

struct NodeObject {
  PyObject_HEAD PyObject* manager;  // the StorageManager; None before __init__
  NodePointer node;
  PyObject* weak_references;
  PyObject* attributes;  // what users set on it; null until they do
  bool reusable;         // see quick_node.h: `node` is one of `manager`, and an allocation of its own
};

/// The C type, and the public class genro_storage.StorageNode once that is imported.
extern PyTypeObject* node_type;
extern PyTypeObject* node_class;

inline bool is_node(PyObject* object) { return PyObject_TypeCheck(object, node_type); }
inline const NodePointer& node_of(PyObject* self) { return reinterpret_cast<NodeObject*>(self)->node; }
inline PyObject* manager_of(PyObject* self) { return reinterpret_cast<NodeObject*>(self)->manager; }
inline void set_node(PyObject* self, NodePointer node) {
  auto* object = reinterpret_cast<NodeObject*>(self);
  object->node = std::move(node);
  object->reusable = false;
}
inline void set_node(PyObject* self, Node node) { set_node(self, std::make_shared<Node>(std::move(node))); }

/// A plain StorageNode.
Ref wrap_node(PyObject* manager, Node node);
Ref wrap_node(PyObject* manager, NodePointer node);
/// A node derived from `self`: through its _create_node() when its class is not StorageNode itself.
Ref derive_node(PyObject* self, Node node);

/// The mount of the node that a subclass's _create_node() is deriving another one from on this thread, else null.
const std::shared_ptr<const Mount>& deriving_mount() noexcept;

/// Whether an operation on it neither waits nor takes long.
bool stays_in_memory(const Node& node) noexcept;
/// The same for reading content, which may have to be decrypted.
bool reads_quickly(const Node& node) noexcept;
/// Whether an operation on it goes over a network, or is better begun elsewhere for the length of its path alone.
bool is_remote(const Node& node) noexcept;
/// A version argument: None, an id, an index, or a datetime; `moment_from` takes only that. Throws ErrorIsSet.
VersionSelector version_from(PyObject* argument);
VersionSelector moment_from(PyObject* moment);

/// The tables of methods and properties, one a file.
const std::vector<PyMethodDef>& name_methods();
const std::vector<PyGetSetDef>& name_properties();
const std::vector<PyMethodDef>& content_methods();
const std::vector<PyMethodDef>& tree_methods();
const std::vector<PyMethodDef>& version_methods();
const std::vector<PyGetSetDef>& version_properties();
const std::vector<PyMethodDef>& serving_methods();
const std::vector<PyMethodDef>& path_methods();
/// Of node_paths.cc: the operator "/", and the type of what du() gives. False with an error set.
PyObject* node_divide(PyObject* left, PyObject* right);
bool add_usage(PyObject* module);

/// Creates the type and adds it to the module. False with an error set.
bool add_node(PyObject* module);

}  // namespace genro::storage::python

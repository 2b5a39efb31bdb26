// The Python type behind StorageManager: the engine's manager. node() is the hot method; configuration is called from
// manager.py, which turns warnings into Python's.
#pragma once

#include "genro/storage/manager.h"
#include "python/ref.h"
#include "python/types/quick_node.h"

namespace genro::storage::python {

struct ManagerObject {
  PyObject_HEAD StorageManager manager;
  QuickNodes nodes;
  PyObject* weak_references;
};

extern PyTypeObject* manager_type;

/// The engine's node at `path` of the named mount. An unknown mount is a KeyError. Throws ErrorIsSet, Error.
Node make_node(PyObject* manager, PyObject* mount_name, PyObject* path, PyObject* version);

/// A node or an address as a node. Throws ErrorIsSet, Error.
Node node_from(PyObject* manager, PyObject* node_or_address);

/// Creates the type and adds it to the module. False with an error set.
bool add_manager(PyObject* module);

}  // namespace genro::storage::python

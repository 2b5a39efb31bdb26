// node_list(): many nodes of one mount as a Python list. Used by whatever gives the nodes below a folder.
// Needs the GIL; nodes are made by `self`'s _create_node() when its class is not StorageNode itself.
#pragma once

#include <string>
#include <vector>

#include "node_object.h"

namespace genro::storage::python {

/// The nodes at these paths of `node`'s mount. Throws ErrorIsSet.
Ref node_list(PyObject* self, const Node& node, std::vector<std::string> paths);

}  // namespace genro::storage::python

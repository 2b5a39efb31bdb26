// node_list(): many nodes of one mount as a Python list. Used by whatever gives the nodes below a folder.
// Needs the GIL; nodes are made by `self`'s _create_node() when its class is not StorageNode itself.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "python/types/node_object.h"

namespace genro::storage::python {

/// Whether making nodes for so many paths is to be done off the caller's event loop. Never where _create_node() makes them,
/// which is the user's code. Without the GIL.
bool is_long_list(PyObject* self, std::size_t count) noexcept;
/// The nodes at these paths of `node`'s mount. Of many, others have the GIL in between. Throws ErrorIsSet.
Ref node_list(PyObject* self, const Node& node, std::vector<std::string> paths);

}  // namespace genro::storage::python

// The usual life of a node in Python: node("mount:path") makes it, one method is called, and it is dropped.
// What such a node was made of is kept for the next one: the Python object, and the engine's node with its references to
// manager and mount. Used by manager.cc and node_object.cc; all of it needs the GIL.
#pragma once

#include <string_view>

#include "node/mount_view.h"
#include "python/types/node_object.h"

namespace genro::storage::python {

/// What a StorageManager keeps to make nodes quickly.
struct QuickNodes {
  MountView mounts;
  const Mount* last = nullptr;  ///< The mount of the node made last, for comparison only.
  NodePointer spare;            ///< A node of that mount, which nobody else refers to.

  /// Lets go of mounts that may be gone.
  void forget() noexcept;
};

/// While it lives, mounts are changed.
class ChangingMounts {
 public:
  explicit ChangingMounts(QuickNodes& nodes) noexcept : nodes_(nodes) {}
  ~ChangingMounts() { nodes_.forget(); }
  ChangingMounts(const ChangingMounts&) = delete;
  ChangingMounts& operator=(const ChangingMounts&) = delete;

 private:
  QuickNodes& nodes_;
};

/// The node at a clean address. Null without an error where more is to be done for it than usual. Throws ErrorIsSet.
PyObject* quick_node(PyObject* manager, std::string_view address);

/// tp_dealloc of nodes; of StorageNode itself too, which has nothing of its own to take down.
void drop_node(PyObject* node);

}  // namespace genro::storage::python

#include "python/types/quick_node.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <utility>

#include "core/path.h"
#include "node/node_reuse.h"
#include "python/types/manager.h"

namespace genro::storage::python {
namespace {

/// Memory of dropped StorageNodes: no longer tracked by the collector, without references, each with an empty `node`.
class FreeList {
 public:
  bool empty() const noexcept { return count_ == 0; }
  bool full() const noexcept { return count_ == kMost; }
  void put(PyObject* object) noexcept { objects_[count_++] = object; }
  PyObject* take() noexcept { return objects_[--count_]; }

 private:
  static constexpr std::size_t kMost = 32;
  std::array<PyObject*, kMost> objects_;
  std::size_t count_ = 0;
};
FreeList freelist;

NodeObject& object_of(PyObject* node) { return *reinterpret_cast<NodeObject*>(node); }

/// A StorageNode without manager and node.
Ref empty_object() {
  if (freelist.empty()) {
    Ref object = checked(node_class->tp_alloc(node_class, 0));
    new (&object_of(object.get()).node) NodePointer();
    return object;
  }
  Ref object = Ref::steal(PyObject_Init(freelist.take(), node_class));
  PyObject_GC_Track(object.get());
  return object;
}

/// Keeps the engine's node of a dropped object if it fits the next one of its manager.
void keep_spare(NodeObject& dropped) noexcept {
  if (!std::exchange(dropped.reusable, false) || !dropped.manager) return;
  QuickNodes& nodes = reinterpret_cast<ManagerObject*>(dropped.manager)->nodes;
  if (dropped.node->mount().get() != nodes.last || dropped.node.use_count() != 1) return;
  std::atomic_thread_fence(std::memory_order_acquire);  // an operation may have looked at it last, on another thread
  if (NodeReuse::possible(*dropped.node)) nodes.spare.swap(dropped.node);
}

}  // namespace

void QuickNodes::forget() noexcept {
  mounts.forget();
  last = nullptr;
  const NodePointer dropped =
      std::move(spare);  // its mount's backend may do work when it goes: nothing refers to it then
}

PyObject* quick_node(PyObject* manager, std::string_view address) {
  if (!node_class) return nullptr;
  const std::size_t colon = address.find(':');
  const std::string_view path = colon == std::string_view::npos ? std::string_view() : address.substr(colon + 1);
  if (!path::is_clean(path)) return nullptr;
  Ref object = empty_object();  // first: a new object may wake the collector, and that may do anything
  const auto& state = reinterpret_cast<ManagerObject*>(manager)->manager.state();
  QuickNodes& nodes = reinterpret_cast<ManagerObject*>(manager)->nodes;
  const MountPointer* mount = nodes.mounts.find(*state, address.substr(0, colon));
  if (!mount || (*mount)->caps.content_addressed) return nullptr;
  NodeObject& self = object_of(object.get());
  self.manager = Py_NewRef(manager);
  if (nodes.spare && nodes.last == mount->get()) {
    NodeReuse::become(*nodes.spare, path);
    self.node.swap(nodes.spare);
  } else {
    self.node = std::make_shared<Node>(state, *mount, std::string(path));
    nodes.last = mount->get();
    nodes.spare.reset();
  }
  self.reusable = true;
  return object.release();
}

void drop_node(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  const bool plain = type == node_class;
  // A subclass's own end calls its finalizer itself. StorageNode gets one when somebody puts it there.
  if (plain && type->tp_finalize && PyObject_CallFinalizerFromDealloc(object) < 0) return;
  PyObject_GC_UnTrack(object);
  NodeObject& self = object_of(object);
  if (self.weak_references) PyObject_ClearWeakRefs(object);
  keep_spare(self);
  NodePointer().swap(self.node);
  Py_CLEAR(self.manager);
  Py_CLEAR(self.attributes);
  if (plain && !type->tp_finalize && !freelist.full()) {
    freelist.put(object);
  } else {
    self.node.~NodePointer();
    type->tp_free(object);
  }
  Py_DECREF(type);
}

}  // namespace genro::storage::python

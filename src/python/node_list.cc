#include "node_list.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace genro::storage::python {
namespace {

/// No garbage comes up while a list of new objects is made: without this the collector would go through them many times.
class CollectionPause {
 public:
  CollectionPause() : was_enabled_(PyGC_Disable() != 0) {}
  ~CollectionPause() {
    if (was_enabled_) PyGC_Enable();
  }
  CollectionPause(const CollectionPause&) = delete;
  CollectionPause& operator=(const CollectionPause&) = delete;

 private:
  const bool was_enabled_;
};

/// Nodes of one list are made by the block: one allocation for many, and a survivor keeps at most a block.
constexpr std::size_t kNodesABlock = 64;

}  // namespace

Ref node_list(PyObject* self, const Node& node, std::vector<std::string> paths) {
  const CollectionPause pause;
  const bool plain = Py_TYPE(self) == node_class;
  Ref list = checked(PyList_New(static_cast<Py_ssize_t>(paths.size())));
  std::shared_ptr<std::vector<Node>> block;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (!block || block->size() == kNodesABlock) {
      block = std::make_shared<std::vector<Node>>();
      block->reserve(std::min(kNodesABlock, paths.size() - i));
    }
    Node& made = block->emplace_back(node.manager(), node.mount(), std::move(paths[i]));
    Ref object = plain ? wrap_node(manager_of(self), NodePointer(block, &made)) : derive_node(self, std::move(made));
    PyList_SET_ITEM(list.get(), static_cast<Py_ssize_t>(i), object.release());
  }
  return list;
}

}  // namespace genro::storage::python

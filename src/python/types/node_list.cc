#include "python/types/node_list.h"

#include <algorithm>
#include <memory>
#include <span>
#include <utility>

#include "python/gil_pause.h"

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

/// Fills the list from `at` on.
void add_nodes(PyObject* self, const Node& node, std::span<std::string> paths, PyObject* list, std::size_t at) {
  const CollectionPause pause;
  const bool plain = Py_TYPE(self) == node_class;
  std::shared_ptr<std::vector<Node>> block;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (!block || block->size() == kNodesABlock) {
      block = std::make_shared<std::vector<Node>>();
      block->reserve(std::min(kNodesABlock, paths.size() - i));
    }
    Node& made = block->emplace_back(node.manager(), node.mount(), std::move(paths[i]));
    Ref object = plain ? wrap_node(manager_of(self), NodePointer(block, &made)) : derive_node(self, std::move(made));
    PyList_SET_ITEM(list, static_cast<Py_ssize_t>(at + i), object.release());
  }
}

}  // namespace

bool is_long_list(PyObject* self, std::size_t count) noexcept { return count > kMany && Py_TYPE(self) == node_class; }

Ref node_list(PyObject* self, const Node& node, std::vector<std::string> paths) {
  Ref list = checked(PyList_New(static_cast<Py_ssize_t>(paths.size())));
  PyObject_GC_UnTrack(list.get());  // nobody sees it before it is whole
  for (std::size_t begin = 0; begin < paths.size(); begin += kMany) {
    if (begin > 0) let_others_run();
    add_nodes(self, node, std::span(paths).subspan(begin, std::min(kMany, paths.size() - begin)), list.get(), begin);
  }
  PyObject_GC_Track(list.get());
  return list;
}

}  // namespace genro::storage::python

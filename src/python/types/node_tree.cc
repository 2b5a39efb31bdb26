// A node among others: folders, copying, moving.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "genro/storage/backend.h"
#include "genro/storage/error.h"
#include "node/mount.h"
#include "node/tree/tree.h"
#include "python/asyncio/dual.h"
#include "python/calls/arguments.h"
#include "python/calls/convert.h"
#include "python/types/callbacks.h"
#include "python/types/manager.h"
#include "python/types/node_list.h"
#include "python/types/node_object.h"

namespace genro::storage::python {
namespace {

struct Delete {
  NodePointer node;
  Task<void> task() { return node->remove(); }
  PyObject* value() { return Py_NewRef(Py_None); }
  bool quick() const { return false; }
};

PyObject* delete_node(PyObject* self, PyObject*) {
  return dual("StorageNode.delete", [&] { return Delete{node_of(self)}; });
}

struct MakeDirectory {
  NodePointer node;
  bool parents;
  bool exist_ok;
  Task<void> task() { return node->mkdir(parents, exist_ok); }
  PyObject* value() { return Py_NewRef(Py_None); }
  bool quick() const { return stays_in_memory(*node); }
};

PyObject* mkdir(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return dual("StorageNode.mkdir", [&] {
    static const Signature<2> signature("mkdir", 0, 2, {"parents", "exist_ok"});
    const auto [parents, exist_ok] = signature.bind(args, count, keywords);
    return MakeDirectory{node_of(self), flag(parents, false), flag(exist_ok, false)};
  });
}

struct Children {
  Ref self;
  NodePointer node;
  Task<std::vector<std::string>> task() { return child_paths(mount_of(*node), node->path()); }
  bool heavy(const std::vector<std::string>& found) const { return is_long_list(self.get(), found.size()); }
  PyObject* value(std::vector<std::string> found) { return node_list(self.get(), *node, std::move(found)).release(); }
  bool quick() const { return false; }
};

PyObject* children(PyObject* self, PyObject*) {
  return dual("StorageNode.children", [&] { return Children{Ref::borrow(self), node_of(self)}; });
}

struct Copy {
  Ref self;
  Ref destination;  // the node that was given, or an address
  NodePointer node;
  Node target;
  CopyOptions options;
  Task<Node> task() { return node->copy_to(std::move(target), std::move(options)); }
  PyObject* value(Node copied) {
    if (!is_node(destination.get())) return wrap_node(manager_of(self.get()), std::move(copied)).release();
    set_node(destination.get(), std::move(copied));  // base64: its path is the content that it got
    return destination.release();
  }
  bool quick() const { return false; }
};

PyObject* copy_to(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return dual("StorageNode.copy_to", [&] {
    static const Signature<11> signature("copy_to", 1, 9,
                                         {"dest", "include", "exclude", "filter", "skip", "skip_fn", "progress",
                                          "on_file", "on_skip", "glob", "on_error"});
    const auto given = signature.bind(args, count, keywords);
    Copy operation{Ref::borrow(self), Ref::borrow(given[0]), node_of(self), node_from(manager_of(self), given[0]), {}};
    operation.options = copy_options(
        self, {given[1], given[2], given[3], given[4], given[5], given[6], given[7], given[8], given[9], given[10]});
    return operation;
  });
}

struct Move {
  Ref self;
  NodePointer node;  // a copy: it becomes the target
  Node target;
  Ref manager;      // the target's
  Ref destination;  // the node that was given, or an address
  MoveOptions options;
  Task<Node> task() { return node->move_to(std::move(target), std::move(options)); }
  PyObject* value(Node moved) {
    Py_XSETREF(reinterpret_cast<NodeObject*>(self.get())->manager, manager.release());
    if (is_node(destination.get())) set_node(destination.get(), moved);  // base64: its path is the content that it got
    set_node(self.get(), std::move(moved));
    return self.release();
  }
  bool quick() const { return false; }
};

PyObject* move_to(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return dual("StorageNode.move_to", [&] {
    static const Signature<2> signature("move_to", 1, 1, {"dest", "on_error"});
    const auto [dest, on_error] = signature.bind(args, count, keywords);
    PyObject* manager = manager_of(is_node(dest) ? dest : self);
    return Move{Ref::borrow(self),
                std::make_shared<Node>(*node_of(self)),
                node_from(manager_of(self), dest),
                Ref::borrow(manager),
                Ref::borrow(dest),
                move_options(self, on_error)};
  });
}

}  // namespace

const std::vector<PyMethodDef>& tree_methods() {
  constexpr int kFast = METH_FASTCALL | METH_KEYWORDS;
  static const std::vector<PyMethodDef> methods = {
      {"delete", delete_node, METH_NOARGS,
       PyDoc_STR("delete($self)\n--\n\nRemove the file, or the folder with all below. Missing is fine.")},
      {"mkdir", as_method(&mkdir), kFast,
       PyDoc_STR("mkdir($self, parents=False, exist_ok=False)\n--\n\nMake the folder.")},
      {"children", children, METH_NOARGS,
       PyDoc_STR("children($self)\n--\n\nThe nodes in this folder, sorted by name.")},
      {"copy_to", as_method(&copy_to), kFast,
       PyDoc_STR(
           "copy_to($self, dest, include=None, exclude=None, filter=None, skip='never', skip_fn=None, progress=None, "
           "on_file=None, on_skip=None, *, glob=False, on_error=None)\n--\n\n"
           "Copy the file or the folder; gives the destination node.\n\n"
           "skip: a SkipStrategy, its name, or a function of source and destination.\n"
           "glob: in patterns '*' stays within a folder and '**' does not; excluded folders are left out whole.\n"
           "on_error(source, exception): a comparison failed and the file was copied, or, without on_skip, something "
           "that "
           "cannot be copied was left out. Logged by default.")},
      {"move_to", as_method(&move_to), kFast,
       PyDoc_STR("move_to($self, dest, *, on_error=None)\n--\n\n"
                 "Move the file or the folder; this node then stands for the destination.\n\n"
                 "on_error(source, exception): what cannot be moved stays where it is. Logged by default.")}};
  return methods;
}

}  // namespace genro::storage::python

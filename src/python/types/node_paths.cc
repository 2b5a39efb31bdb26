// What people who know pathlib look for on a node: names, and searches below a folder.
#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/unix_seconds.h"
#include "genro/storage/tree.h"
#include "node/mount.h"
#include "node/tree/find.h"
#include "node/tree/tree.h"
#include "python/asyncio/dual.h"
#include "python/calls/arguments.h"
#include "python/calls/convert.h"
#include "python/gil_pause.h"
#include "python/types/manager.h"
#include "python/types/node_list.h"
#include "python/types/node_object.h"

namespace genro::storage::python {
namespace {

PyTypeObject* usage_type = nullptr;

template <Node (Node::*Derive)(std::string_view) const>
PyObject* derived(PyObject* self, PyObject* argument) {
  return guarded(
      [&] { return derive_node(self, ((*node_of(self)).*Derive)(name_from(argument, "the argument"))).release(); });
}

PyObject* relative_to(PyObject* self, PyObject* other) {
  return guarded([&] { return name_to_python(node_of(self)->relative_to(node_from(manager_of(self), other))); });
}

PyObject* match(PyObject* self, PyObject* pattern) {
  return guarded([&] { return to_python(node_of(self)->match(name_from(pattern, "a pattern"))); });
}

// Every search: paths for the engine, a list of nodes for Python.
struct Search {
  using Task = storage::Task<std::vector<std::string>>;
  Ref self;
  NodePointer node;
  std::string pattern;
  Task (*paths)(MountPointer mount, std::string path, std::string pattern);
  Task task() { return paths(mount_of(*node), node->path(), std::move(pattern)); }
  bool heavy(const std::vector<std::string>& found) const { return is_long_list(self.get(), found.size()); }
  PyObject* value(std::vector<std::string> found) { return node_list(self.get(), *node, std::move(found)).release(); }
  bool quick() const { return false; }
  bool remote() const { return is_remote(*node); }
};

PyObject* iterdir(PyObject* self, PyObject*) {
  return dual("StorageNode.iterdir", [&] {
    const auto paths = [](MountPointer mount, std::string path, std::string) {
      return child_paths(std::move(mount), std::move(path));
    };
    return Search{Ref::borrow(self), node_of(self), {}, paths};
  });
}

PyObject* glob(PyObject* self, PyObject* pattern) {
  return dual("StorageNode.glob",
              [&] { return Search{Ref::borrow(self), node_of(self), name_from(pattern, "a pattern"), glob_paths}; });
}

PyObject* rglob(PyObject* self, PyObject* pattern) {
  return dual("StorageNode.rglob",
              [&] { return Search{Ref::borrow(self), node_of(self), name_from(pattern, "a pattern"), rglob_paths}; });
}

struct Walk {
  Ref self;
  NodePointer node;
  Task<std::vector<WalkedFolder>> task() { return walk_folders(mount_of(*node), node->path()); }
  bool heavy(const std::vector<WalkedFolder>& walked) const {
    std::size_t count = 0;
    for (const WalkedFolder& step : walked) count += 1 + step.folders.size() + step.files.size();
    return is_long_list(self.get(), count);
  }
  PyObject* value(std::vector<WalkedFolder> walked) {
    std::vector<std::string> paths;
    paths.reserve(walked.size());
    for (WalkedFolder& step : walked) paths.push_back(std::move(step.path));
    const Ref places = node_list(self.get(), *node, std::move(paths));
    Ref steps = checked(PyList_New(static_cast<Py_ssize_t>(walked.size())));
    for (std::size_t i = 0; i < walked.size(); ++i) {
      const auto at = static_cast<Py_ssize_t>(i);
      const Ref folders = node_list(self.get(), *node, std::move(walked[i].folders));
      const Ref files = node_list(self.get(), *node, std::move(walked[i].files));
      PyObject* place = PyList_GET_ITEM(places.get(), at);
      PyList_SET_ITEM(steps.get(), at, checked(PyTuple_Pack(3, place, folders.get(), files.get())).release());
      if (i % kMany == kMany - 1) let_others_run();
    }
    return steps.release();
  }
  bool quick() const { return false; }
  bool remote() const { return is_remote(*node); }
};

PyObject* walk(PyObject* self, PyObject*) {
  return dual("StorageNode.walk", [&] { return Walk{Ref::borrow(self), node_of(self)}; });
}

std::optional<std::uint64_t> size_from(PyObject* argument, const char* name) {
  if (!given(argument)) return std::nullopt;
  if (!PyLong_Check(argument)) {
    fail(PyExc_TypeError, std::string(name) + " must be a number of bytes, not '" + Py_TYPE(argument)->tp_name + "'");
  }
  const unsigned long long size = PyLong_AsUnsignedLongLong(argument);
  if (PyErr_Occurred()) {
    PyErr_Clear();
    fail(PyExc_ValueError, std::string(name) + " must be between 0 and 2**64 - 1");
  }
  return size;
}

/// A datetime, or Unix seconds as of mtime().
std::optional<double> time_from(PyObject* argument, const char* name) {
  if (!given(argument)) return std::nullopt;
  if (!PyFloat_Check(argument) && (!PyLong_Check(argument) || PyBool_Check(argument))) {
    return unix_seconds(moment_from(argument).moment_ns());
  }
  const double seconds = PyFloat_AsDouble(argument);
  if (seconds == -1 && PyErr_Occurred()) throw ErrorIsSet();
  if (!std::isfinite(seconds)) fail(PyExc_ValueError, std::string(name) + " must be a finite number of seconds");
  return seconds;
}

std::optional<EntryKind> kind_from(PyObject* argument) {
  if (!given(argument)) return std::nullopt;
  const std::string kind = name_from(argument, "type");
  if (kind == "file") return EntryKind::file;
  if (kind == "folder") return EntryKind::directory;
  fail(PyExc_ValueError, "type must be 'file', 'folder' or None");
}

struct Find {
  Ref self;
  NodePointer node;
  FindOptions options;
  Task<std::vector<std::string>> task() { return find_paths(mount_of(*node), node->path(), std::move(options)); }
  bool heavy(const std::vector<std::string>& found) const { return is_long_list(self.get(), found.size()); }
  PyObject* value(std::vector<std::string> found) { return node_list(self.get(), *node, std::move(found)).release(); }
  bool quick() const { return false; }
  bool remote() const { return is_remote(*node); }
};

PyObject* find(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return dual("StorageNode.find", [&] {
    static const Signature<6> signature("find", 0, 6,
                                        {"name", "type", "min_size", "max_size", "newer_than", "older_than"});
    const auto [name, type, min_size, max_size, newer_than, older_than] = signature.bind(args, count, keywords);
    Find operation{Ref::borrow(self), node_of(self), {}};
    if (given(name)) operation.options.name = name_from(name, "name");
    operation.options.type = kind_from(type);
    operation.options.min_size = size_from(min_size, "min_size");
    operation.options.max_size = size_from(max_size, "max_size");
    operation.options.newer_than = time_from(newer_than, "newer_than");
    operation.options.older_than = time_from(older_than, "older_than");
    return operation;
  });
}

struct Measure {
  NodePointer node;
  Task<Usage> task() { return usage_below(mount_of(*node), node->path()); }
  PyObject* value(Usage usage) {
    Ref result = checked(PyStructSequence_New(usage_type));
    const std::uint64_t numbers[] = {usage.size, usage.files, usage.folders};
    for (Py_ssize_t i = 0; i < 3; ++i) {
      PyStructSequence_SetItem(result.get(), i, checked(to_python(numbers[i])).release());
    }
    return result.release();
  }
  bool quick() const { return false; }
  bool remote() const { return is_remote(*node); }
};

PyObject* du(PyObject* self, PyObject*) {
  return dual("StorageNode.du", [&] { return Measure{node_of(self)}; });
}

struct Picture {
  NodePointer node;
  std::optional<unsigned> max_depth;
  Task<std::string> task() { return tree_text(mount_of(*node), node->path(), max_depth); }
  PyObject* value(std::string text) { return to_python(text); }  // to be printed: what is no UTF-8 is replaced
  bool heavy(const std::string& text) const { return text.size() >= kLong; }
  bool quick() const { return false; }
  bool remote() const { return is_remote(*node); }
};

PyObject* tree(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return dual("StorageNode.tree", [&] {
    static const Signature<1> signature("tree", 0, 1, {"max_depth"});
    const auto [max_depth] = signature.bind(args, count, keywords);
    Picture operation{node_of(self), {}};
    if (!given(max_depth)) return operation;
    const long depth = PyLong_AsLong(max_depth);
    if (depth == -1 && PyErr_Occurred()) throw ErrorIsSet();
    if (depth < 0) fail(PyExc_ValueError, "max_depth must not be negative");
    operation.max_depth = static_cast<unsigned>(std::min(depth, 1'000'000L));
    return operation;
  });
}

}  // namespace

PyObject* node_divide(PyObject* left, PyObject* right) {
  if (!is_node(left) || !PyUnicode_Check(right)) Py_RETURN_NOTIMPLEMENTED;
  return guarded([&] { return derive_node(left, node_of(left)->child(name_from(right, "a path part"))).release(); });
}

bool add_usage(PyObject* module) {
  static PyStructSequence_Field fields[] = {{"size", "Bytes of all files, as stored."},
                                            {"files", "How many files."},
                                            {"folders", "How many folders, without the folder itself."},
                                            {nullptr, nullptr}};
  static PyStructSequence_Desc description = {"genro_storage._core.Usage", "All that is below a folder.", fields, 3};
  usage_type = PyStructSequence_NewType(&description);
  return usage_type && PyModule_AddType(module, usage_type) == 0;
}

const std::vector<PyMethodDef>& path_methods() {
  constexpr int kFast = METH_FASTCALL | METH_KEYWORDS;
  static const std::vector<PyMethodDef> methods = {
      {"with_name", derived<&Node::with_name>, METH_O,
       PyDoc_STR("with_name($self, name, /)\n--\n\nThe node of another name in the same folder.")},
      {"with_stem", derived<&Node::with_stem>, METH_O,
       PyDoc_STR("with_stem($self, stem, /)\n--\n\nThe node with another stem and the same suffix.")},
      {"with_suffix", derived<&Node::with_suffix>, METH_O,
       PyDoc_STR("with_suffix($self, suffix, /)\n--\n\nThe node with another suffix; '' takes it away.")},
      {"relative_to", relative_to, METH_O,
       PyDoc_STR("relative_to($self, other, /)\n--\n\n"
                 "The path from other, a node or an address of the same mount, to this node; '' for the same place.")},
      {"match", match, METH_O,
       PyDoc_STR("match($self, pattern, /)\n--\n\n"
                 "Whether the path ends as the pattern says; one that begins with '/' is about the whole path.")},
      {"iterdir", iterdir, METH_NOARGS, PyDoc_STR("iterdir($self)\n--\n\nThe same as children().")},
      {"glob", glob, METH_O,
       PyDoc_STR(
           "glob($self, pattern, /)\n--\n\n"
           "What is below this folder and matches, as a list of nodes, each folder before what is in it.\n\n"
           "'*', '?' and [sets] stay within one name, '**' stands for any folders; a '/' at the end: only folders.")},
      {"rglob", rglob, METH_O, PyDoc_STR("rglob($self, pattern, /)\n--\n\nThe same as glob(), at any depth below.")},
      {"walk", walk, METH_NOARGS,
       PyDoc_STR("walk($self)\n--\n\n"
                 "This folder and all below, as tuples (folder, [folders in it], [files in it]), top down.")},
      {"find", as_method(&find), kFast,
       PyDoc_STR("find($self, name=None, type=None, min_size=None, max_size=None, newer_than=None, older_than=None)\n"
                 "--\n\nWhat is below this folder and is all that was asked for, as a list of nodes.\n\n"
                 "name: a pattern for the name alone. type: 'file' or 'folder'. Sizes: bytes, inclusive. Times: a "
                 "datetime, or seconds as of mtime(), exclusive.")},
      {"du", du, METH_NOARGS,
       PyDoc_STR("du($self)\n--\n\nAll below this folder in numbers: (size in bytes, files, folders), by name too.")},
      {"tree", as_method(&tree), kFast,
       PyDoc_STR(
           "tree($self, max_depth=None)\n--\n\n"
           "A picture of the folder with sizes, to be printed; max_depth=1: only what is in the folder itself.")}};
  return methods;
}

}  // namespace genro::storage::python

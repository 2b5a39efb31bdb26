#include "python/types/node_object.h"

#include <structmember.h>

#include <cstddef>
#include <utility>

#include "node/encryption/key_ring.h"
#include "node/mount.h"
#include "python/asyncio/dual.h"
#include "python/backend/answers.h"
#include "python/backend/python_backend.h"
#include "python/calls/arguments.h"
#include "python/calls/convert.h"
#include "python/enter.h"
#include "python/gil_pause.h"
#include "python/types/manager.h"
#include "python/types/node_compare.h"
#include "python/types/quick_node.h"
#include "python/types/virtual_nodes.h"

namespace genro::storage::python {

PyTypeObject* node_type = nullptr;
PyTypeObject* node_class = nullptr;

Ref wrap_node(PyObject* manager, Node node) { return wrap_node(manager, std::make_shared<Node>(std::move(node))); }

Ref wrap_node(PyObject* manager, NodePointer node) {
  PyTypeObject* type = node_class ? node_class : node_type;
  Ref object = checked(type->tp_alloc(type, 0));
  auto* self = reinterpret_cast<NodeObject*>(object.get());
  self->manager = Py_NewRef(manager);
  new (&self->node) NodePointer(std::move(node));
  return object;
}

namespace {
thread_local std::shared_ptr<const Mount> deriving;

/// While the hook runs: the relatives of a node stay on its mount, also when that name has another one by now.
class Deriving {
 public:
  explicit Deriving(std::shared_ptr<const Mount> mount) : before_(std::exchange(deriving, std::move(mount))) {}
  ~Deriving() { deriving = std::move(before_); }
  Deriving(const Deriving&) = delete;
  Deriving& operator=(const Deriving&) = delete;

 private:
  std::shared_ptr<const Mount> before_;
};
}  // namespace

const std::shared_ptr<const Mount>& deriving_mount() noexcept { return deriving; }

Ref derive_node(PyObject* self, Node node) {
  if (Py_TYPE(self) == node_class) return wrap_node(manager_of(self), std::move(node));
  static PyObject* const hook = PyUnicode_InternFromString("_create_node");
  const Ref name = checked(name_to_python(node.mount_name()));
  const Ref path = checked(name_to_python(node.path()));
  const Deriving here(node.mount());
  PyObject* const arguments[] = {self, manager_of(self), name.get(), path.get()};
  constexpr std::size_t kCount = 4 | PY_VECTORCALL_ARGUMENTS_OFFSET;
  return checked(enter([&] { return PyObject_VectorcallMethod(hook, arguments, kCount, nullptr); }));
}

bool stays_in_memory(const Node& node) noexcept {
  constexpr std::size_t kShortPath = 4096;  // a path may be the content
  const Mount* mount = node.mount().get();
  return !mount || (mount->caps.immediate && node.path().size() < kShortPath);
}

bool is_remote(const Node& node) noexcept {
  return node.mount() && (node.mount()->caps.remote || node.path().size() >= kLong);
}

bool reads_quickly(const Node& node) noexcept {
  const Mount* mount = node.mount().get();
  return stays_in_memory(node) && !(mount && mount->keys && mount->keys->active());
}

namespace {

PyObject* node_new(PyTypeObject* type, PyObject*, PyObject*) {
  return guarded([&] {
    Ref object = checked(type->tp_alloc(type, 0));
    auto* self = reinterpret_cast<NodeObject*>(object.get());
    self->manager = Py_NewRef(Py_None);
    new (&self->node) NodePointer(std::make_shared<Node>());
    return object.release();
  });
}

int node_init(PyObject* self, PyObject* args, PyObject* kwargs) {
  return guarded([&]() -> PyObject* {
    static const Signature<4> signature("StorageNode", 3, 4, {"manager", "mount_name", "path", "version"});
    const auto [manager, mount_name, path, version] = signature.bind(args, kwargs);
    Node node;
    if (mount_name != Py_None) node = make_node(manager, mount_name, path, version);
    Py_XSETREF(reinterpret_cast<NodeObject*>(self)->manager, Py_NewRef(manager));
    set_node(self, std::move(node));
    return self;
  })
             ? 0
             : -1;
}

int node_traverse(PyObject* object, visitproc visit, void* arg) {
  auto* self = reinterpret_cast<NodeObject*>(object);
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(self->manager);
  Py_VISIT(self->attributes);
  return 0;
}

int node_clear(PyObject* object) {
  Py_CLEAR(reinterpret_cast<NodeObject*>(object)->manager);
  Py_CLEAR(reinterpret_cast<NodeObject*>(object)->attributes);
  return 0;
}

PyObject* node_str(PyObject* self) {
  return guarded([&] { return name_to_python(node_of(self)->fullpath()); });
}

PyObject* node_repr(PyObject* self) {
  return guarded([&] {
    const Ref text = checked(name_to_python(node_of(self)->fullpath()));
    // As it is written, whatever quotes it holds. What would garble a terminal or a log is escaped.
    const Ref printable = checked(PyObject_CallMethod(text.get(), "isprintable", nullptr));
    return PyUnicode_FromFormat(printable.get() == Py_True ? "StorageNode('%U')" : "StorageNode(%R)", text.get());
  });
}

PyObject* get_manager(PyObject* self, void*) { return Py_NewRef(manager_of(self)); }

PyObject* waits(PyObject* self, void*) {
  const Mount* mount = node_of(self)->mount().get();
  return to_python(mount && mount->base_backend->waits());
}

PyObject* get_resolved_path(PyObject* self, void*) {
  return guarded([&]() -> PyObject* {
    const std::optional<std::string> path = node_of(self)->resolved_path();
    if (!path) Py_RETURN_NONE;
    return name_to_python(*path);
  });
}

struct Attributes {
  NodePointer node;
  Task<ExtAttributes> task() { return node->detached() ? nothing() : node->ext_attributes(); }
  static Task<ExtAttributes> nothing() { co_return ExtAttributes(); }
  PyObject* value(ExtAttributes found) {
    const Ref mtime = found.mtime ? checked(to_python(*found.mtime)) : Ref::borrow(Py_None);
    const Ref size = found.size ? checked(to_python(*found.size)) : Ref::borrow(Py_None);
    return Py_BuildValue("OOO", mtime.get(), size.get(), found.is_dir ? Py_True : Py_False);
  }
  bool quick() const { return stays_in_memory(*node); }
};

PyObject* ext_attributes(PyObject* self, PyObject*) {
  return dual("StorageNode.get_ext_attributes", [&] { return Attributes{node_of(self)}; });
}

PyObject* get_ext_attributes(PyObject* self, void*) {
  return dual("StorageNode.ext_attributes", [&] { return Attributes{node_of(self)}; }, CallMode::sync);
}

/// The fields of BackendCapabilities as keyword arguments; node.py makes the dataclass.
PyObject* capability_fields(PyObject* self, PyObject*) {
  return guarded([&] { return fields_of(node_of(self)->capabilities()).release(); });
}

const PyGetSetDef own_properties[] = {
    {"resolved_path", get_resolved_path, nullptr, PyDoc_STR("The absolute path in the file system, on local mounts."),
     nullptr},
    {"ext_attributes", get_ext_attributes, nullptr,
     PyDoc_STR("(mtime, size, is_dir) from one look at the storage; waits, also inside a loop."), nullptr},
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, nullptr, nullptr},
    {"_manager", get_manager, nullptr, nullptr, nullptr},
    {"_waits", waits, nullptr, nullptr, nullptr}};

PyMemberDef members[] = {{"__dictoffset__", T_PYSSIZET, offsetof(NodeObject, attributes), READONLY, nullptr},
                         {"__weaklistoffset__", T_PYSSIZET, offsetof(NodeObject, weak_references), READONLY, nullptr},
                         {nullptr, 0, 0, 0, nullptr}};

const PyMethodDef own_methods[] = {
    {"_capability_fields", capability_fields, METH_NOARGS, nullptr},
    {"equals", node_equals, METH_O,
     PyDoc_STR("equals($self, other, /)\n--\n\nThe operator ==, awaitable inside a loop.")},
    {"get_ext_attributes", ext_attributes, METH_NOARGS,
     PyDoc_STR("get_ext_attributes($self)\n--\n\nThe property `ext_attributes`, awaitable inside a loop.")}};

PyMethodDef* methods() {
  static std::vector<PyMethodDef> all = [] {
    std::vector<PyMethodDef> table(std::begin(own_methods), std::end(own_methods));
    for (const auto* more : {&name_methods(), &content_methods(), &tree_methods(), &virtual_methods(),
                             &version_methods(), &serving_methods(), &path_methods()}) {
      table.insert(table.end(), more->begin(), more->end());
    }
    table.push_back({nullptr, nullptr, 0, nullptr});
    return table;
  }();
  return all.data();
}

PyGetSetDef* properties() {
  static std::vector<PyGetSetDef> all = [] {
    std::vector<PyGetSetDef> table(std::begin(own_properties), std::end(own_properties));
    for (const auto* more : {&name_properties(), &version_properties()}) {
      table.insert(table.end(), more->begin(), more->end());
    }
    table.push_back({nullptr, nullptr, nullptr, nullptr, nullptr});
    return table;
  }();
  return all.data();
}

}  // namespace

bool add_node(PyObject* module) {
  PyType_Slot slots[] = {
      {Py_tp_doc, const_cast<char*>("Node(manager, mount_name, path, version=None)\n--\n\nA place on a mount.")},
      {Py_tp_new, as_slot(&node_new)},
      {Py_tp_init, as_slot(&node_init)},
      {Py_tp_dealloc, as_slot(&drop_node)},
      {Py_tp_traverse, as_slot(&node_traverse)},
      {Py_tp_clear, as_slot(&node_clear)},
      {Py_tp_richcompare, as_slot(&node_compare)},
      {Py_tp_hash, as_slot(&node_hash)},
      {Py_nb_true_divide, as_slot(&node_divide)},
      {Py_tp_str, as_slot(&node_str)},
      {Py_tp_repr, as_slot(&node_repr)},
      {Py_tp_methods, methods()},
      {Py_tp_getset, properties()},
      {Py_tp_members, members},
      {0, nullptr}};
  PyType_Spec spec = {"genro_storage._core.Node", sizeof(NodeObject), 0,
                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};
  node_type = reinterpret_cast<PyTypeObject*>(PyType_FromModuleAndSpec(module, &spec, nullptr));
  return node_type && PyModule_AddType(module, node_type) == 0 && add_usage(module);
}

}  // namespace genro::storage::python

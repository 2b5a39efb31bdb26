#include "python/types/mounts.h"

#include <string>

#include "core/path.h"
#include "genro/storage/error.h"
#include "manager/mount_stack.h"
#include "node/mount.h"
#include "python/asyncio/dual.h"
#include "python/asyncio/values_only.h"
#include "python/backend/answers.h"
#include "python/backend/python_backend.h"
#include "python/calls/arguments.h"
#include "python/calls/convert.h"
#include "python/enter.h"
#include "python/types/manager.h"
#include "python/types/node_object.h"

namespace genro::storage::python {
namespace {

/// _mount_backend(manager, name, backend): backend is a Python object, or a node for the mount that it is on.
PyObject* mount_backend(PyObject*, PyObject* const* args, Py_ssize_t count) {
  return guarded([&]() -> PyObject* {
    if (count != 3 || !PyObject_TypeCheck(args[0], manager_type)) {
      PyErr_SetString(PyExc_TypeError, "_mount_backend(manager, name, backend)");
      throw ErrorIsSet();
    }
    StorageManager& manager = reinterpret_cast<ManagerObject*>(args[0])->manager;
    const ChangingMounts changing(reinterpret_cast<ManagerObject*>(args[0])->nodes);
    std::string name = name_from(args[1], "a mount's name");
    if (is_node(args[2])) {
      manager.add_mount_of(std::move(name), *node_of(args[2]));
    } else {
      const Capabilities capabilities = capabilities_from(args[2]);
      manager.mount(std::move(name), make_python_backend(args[2], capabilities), capabilities);
    }
    Py_RETURN_NONE;
  });
}

PyObject* root_on(PyObject* node, MountPointer mount) {
  return wrap_node(manager_of(node), Node(node_of(node)->manager(), std::move(mount), "")).release();
}

/// _mount_layer(node) -> (kind, detail, below): ("permissions", level, node), ("prefix", folder, node),
/// ("python", "", the object) or (protocol, base, whether that is a function of the path's first component). Nodes are the
/// roots of their mounts.
PyObject* mount_layer(PyObject*, PyObject* node) {
  return guarded([&]() -> PyObject* {
    if (!is_node(node) || node_of(node)->detached()) {
      PyErr_SetString(PyExc_AttributeError, "the node is on no mount");
      throw ErrorIsSet();
    }
    const Mount& mount = *node_of(node)->mount();
    if (const std::optional<OuterLayer> layer = outer_layer(mount)) {
      const Ref below = checked(root_on(node, layer->below));
      const std::string detail = layer->permission ? std::string(to_string(*layer->permission)) : *layer->folder;
      const Ref text = checked(name_to_python(detail));
      return Py_BuildValue("sOO", layer->permission ? "permissions" : "prefix", text.get(), below.get());
    }
    if (PyObject* object = python_object_of(*mount.base_backend)) return Py_BuildValue("ssO", "python", "", object);
    const Ref base = checked(name_to_python(mount.base));
    return Py_BuildValue("sOO", mount.protocol.c_str(), base.get(), mount.base_by_prefix ? Py_True : Py_False);
  });
}

/// _node_at(node, path): another node on the same mount.
PyObject* node_at(PyObject*, PyObject* const* args, Py_ssize_t count) {
  return guarded([&]() -> PyObject* {
    if (count != 2 || !is_node(args[0])) {
      PyErr_SetString(PyExc_TypeError, "_node_at(node, path)");
      throw ErrorIsSet();
    }
    const Node& node = *node_of(args[0]);
    const std::string text = name_from(args[1], "path");
    const bool as_it_is = node.detached() || node.mount()->caps.content_addressed;
    return wrap_node(manager_of(args[0]), Node(node.manager(), node.mount(), as_it_is ? text : path::clean(text)))
        .release();
  });
}

struct RemoveVersion {
  NodePointer node;
  std::string version;
  Task<void> task() { return node->remove_version(version); }
  PyObject* value() { return Py_NewRef(Py_None); }
  bool quick() const { return false; }
};

/// _delete_version(node, version_id): always now.
PyObject* delete_version(PyObject*, PyObject* const* args, Py_ssize_t count) {
  return dual(
      "StorageBackend.delete_version",
      [&] {
        if (count != 2 || !is_node(args[0])) {
          PyErr_SetString(PyExc_TypeError, "_delete_version(node, version_id)");
          throw ErrorIsSet();
        }
        return RemoveVersion{node_of(args[0]), name_from(args[1], "version_id")};
      },
      CallMode::sync);
}

/// _mount_id(node): the same for all nodes on one mount, for as long as one of them lives.
PyObject* mount_id(PyObject*, PyObject* node) {
  if (!is_node(node)) return PyErr_Format(PyExc_TypeError, "a node is required");
  return PyLong_FromVoidPtr(const_cast<Mount*>(node_of(node)->mount().get()));
}

/// _values(function, *args, **kwargs): calls it where methods give values, also inside a running loop.
PyObject* values(PyObject*, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  if (count < 1) return PyErr_Format(PyExc_TypeError, "_values() needs a function");
  return guarded([&] {
    const ValuesOnly scope;
    return enter([&] { return PyObject_Vectorcall(args[0], args + 1, static_cast<std::size_t>(count - 1), keywords); });
  });
}

Permission permission_from(PyObject* text) {
  const std::optional<Permission> level =
      PyUnicode_Check(text) ? storage::permission_from(name_from(text, "permissions")) : std::nullopt;
  if (!level) throw Error(ErrorCode::config, std::string(kInvalidPermissions));
  return *level;
}

/// _require_right(permissions, right, path): raises where the level does not grant "read", "write" or "delete".
PyObject* require_right(PyObject*, PyObject* const* args, Py_ssize_t count) {
  return guarded([&]() -> PyObject* {
    if (count != 3) {
      PyErr_SetString(PyExc_TypeError, "_require_right(permissions, right, path)");
      throw ErrorIsSet();
    }
    const Permission level = permission_from(args[0]);
    const std::string right = name_from(args[1], "right");
    if (right == "write") require_write(level, right, name_from(args[2], "path"));
    if (right == "delete") require_remove(level, right, name_from(args[2], "path"));
    Py_RETURN_NONE;
  });
}

/// _limited_capabilities(backend, permissions): the fields of what is left of the backend's behind the level.
PyObject* limited_capabilities(PyObject*, PyObject* const* args, Py_ssize_t count) {
  return guarded([&] {
    if (count != 2) {
      PyErr_SetString(PyExc_TypeError, "_limited_capabilities(backend, permissions)");
      throw ErrorIsSet();
    }
    return fields_of(limited(capabilities_from(args[0]), permission_from(args[1]))).release();
  });
}

/// _capability_words(capabilities): what stands out, for people.
PyObject* capability_words(PyObject*, PyObject* fields) {
  return guarded([&] { return to_python(capabilities_from_fields(fields).to_string()); });
}

/// _set_backend_class(type): the base class whose methods stand for "not supported".
PyObject* set_backend_class(PyObject*, PyObject* type) {
  remember_backend_class(type);
  Py_RETURN_NONE;
}

/// _overrides(backend, method): whether its class answers the method itself, instead of by the default of StorageBackend.
PyObject* overridden(PyObject*, PyObject* const* args, Py_ssize_t count) {
  return guarded([&] {
    if (count != 2) {
      PyErr_SetString(PyExc_TypeError, "_overrides(backend, method)");
      throw ErrorIsSet();
    }
    return to_python(overrides(args[0], name_from(args[1], "method").c_str()));
  });
}

PyMethodDef mount_functions[] = {{"_mount_backend", as_method(&mount_backend), METH_FASTCALL, nullptr},
                                 {"_mount_layer", mount_layer, METH_O, nullptr},
                                 {"_node_at", as_method(&node_at), METH_FASTCALL, nullptr},
                                 {"_delete_version", as_method(&delete_version), METH_FASTCALL, nullptr},
                                 {"_require_right", as_method(&require_right), METH_FASTCALL, nullptr},
                                 {"_limited_capabilities", as_method(&limited_capabilities), METH_FASTCALL, nullptr},
                                 {"_capability_words", capability_words, METH_O, nullptr},
                                 {"_set_backend_class", set_backend_class, METH_O, nullptr},
                                 {"_overrides", as_method(&overridden), METH_FASTCALL, nullptr},
                                 {"_mount_id", mount_id, METH_O, nullptr},
                                 {"_values", as_method(&values), METH_FASTCALL | METH_KEYWORDS, nullptr},
                                 {nullptr, nullptr, 0, nullptr}};

}  // namespace

bool add_mount_functions(PyObject* module) { return PyModule_AddFunctions(module, mount_functions) == 0; }

}  // namespace genro::storage::python

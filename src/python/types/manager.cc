#include "python/types/manager.h"

#include <structmember.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/path.h"
#include "genro/storage/error.h"
#include "node/mount.h"
#include "python/asyncio/config.h"
#include "python/asyncio/dual.h"
#include "python/calls/arguments.h"
#include "python/calls/convert.h"
#include "python/types/cleanup.h"
#include "python/types/doctor.h"
#include "python/types/get_many.h"
#include "python/types/manager_encryption.h"
#include "python/types/node_object.h"
#include "python/types/virtual_nodes.h"

namespace genro::storage::python {

PyTypeObject* manager_type = nullptr;

namespace {

StorageManager& of(PyObject* self) { return reinterpret_cast<ManagerObject*>(self)->manager; }
QuickNodes& nodes_of(PyObject* self) { return reinterpret_cast<ManagerObject*>(self)->nodes; }

/// UTF-8 of an address: a view into the str where possible, else kept in `storage`.
std::string_view address_from(PyObject* text, std::string& storage) {
  if (PyUnicode_Check(text) && PyUnicode_IS_COMPACT_ASCII(text)) {
    return {reinterpret_cast<const char*>(PyUnicode_1BYTE_DATA(text)),
            static_cast<std::size_t>(PyUnicode_GET_LENGTH(text))};
  }
  storage = name_from(text, "an address");
  return storage;
}

PyObject* manager_new(PyTypeObject* type, PyObject*, PyObject*) {
  return guarded([&] {
    Ref object = checked(type->tp_alloc(type, 0));
    new (&of(object.get())) StorageManager();
    new (&nodes_of(object.get())) QuickNodes();
    return object.release();
  });
}

int manager_init(PyObject*, PyObject* args, PyObject* kwargs) {
  if (PyTuple_GET_SIZE(args) == 0 && (!kwargs || PyDict_GET_SIZE(kwargs) == 0)) return 0;
  PyErr_SetString(PyExc_TypeError, "StorageManager() takes no arguments");
  return -1;
}

void manager_dealloc(PyObject* object) {
  auto* self = reinterpret_cast<ManagerObject*>(object);
  if (self->weak_references) PyObject_ClearWeakRefs(object);
  self->nodes.~QuickNodes();
  self->manager.~StorageManager();
  PyTypeObject* type = Py_TYPE(object);
  type->tp_free(object);
  Py_DECREF(type);
}

VersionSelector selector_from(PyObject* version, PyObject* as_of) {
  VersionSelector selector = version_from(version);
  if (!as_of || as_of == Py_None) return selector;
  if (!selector.current()) {
    PyErr_SetString(PyExc_ValueError, "Cannot specify both version and as_of");
    throw ErrorIsSet();
  }
  return moment_from(as_of);
}

PyObject* manager_node(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return guarded([&] {
    static PyObject* const version_name = PyUnicode_InternFromString("version");
    static PyObject* const as_of_name = PyUnicode_InternFromString("as_of");
    static PyObject* const address_name = PyUnicode_InternFromString("mount_or_path");
    PyObject* address = count > 0 ? args[0] : nullptr;
    PyObject* version = nullptr;
    PyObject* as_of = nullptr;
    for (Py_ssize_t i = 0; keywords && i < PyTuple_GET_SIZE(keywords); ++i) {
      PyObject* keyword = PyTuple_GET_ITEM(keywords, i);
      if (PyUnicode_Compare(keyword, version_name) == 0) {
        version = args[count + i];
      } else if (PyUnicode_Compare(keyword, as_of_name) == 0) {
        as_of = args[count + i];
      } else if (PyUnicode_Compare(keyword, address_name) == 0 && !address) {
        address = args[count + i];
      } else {
        PyErr_Format(PyExc_TypeError, "node() got an unexpected keyword argument '%U'", keyword);
        throw ErrorIsSet();
      }
    }
    if (!address || address == Py_None) return wrap_node(self, Node()).release();
    std::string storage;
    const std::string_view text = address_from(address, storage);
    if (count <= 1 && !version && !as_of) {
      if (PyObject* node = quick_node(self, text)) return node;
    }
    std::vector<std::string> parts;
    for (Py_ssize_t i = 1; i < count; ++i) parts.push_back(name_from(args[i], "a path part"));
    return wrap_node(self, of(self).node(text, parts, selector_from(version, as_of))).release();
  });
}

PyObject* configure(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return guarded([&]() -> PyObject* {
    static const Signature<5> signature("_configure", 5, 5, {"source", "strict", "warn", "storage_key", "cipher"});
    const auto [source, strict, warn, storage_key, cipher] = signature.bind(args, count, keywords);
    ConfigureOptions options;
    options.strict = flag(strict, false);
    options.cipher = flag(cipher, true);
    if (storage_key != Py_None) options.storage_key = material_from(storage_key);
    const ChangingMounts changing(nodes_of(self));
    options.warn = [warn = warn](const std::string& text) {
      const Ref message = checked(to_python(text));
      checked(
          PyObject_CallOneArg(warn, message.get()));  // raises where warnings are errors: nothing is configured then
    };
    if (PyUnicode_Check(source)) {
      of(self).configure(name_from(source, "source"), options);
      Py_RETURN_NONE;
    }
    std::vector<MountConfig> mounts;
    const Ref items = checked(PySequence_Fast(source, "source must be a list"));
    mounts.reserve(static_cast<std::size_t>(PySequence_Fast_GET_SIZE(items.get())));
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(items.get()); ++i) {
      mounts.push_back(mount_config_from(PySequence_Fast_GET_ITEM(items.get(), i)));
    }
    of(self).configure(std::move(mounts), options);
    Py_RETURN_NONE;
  });
}

/// A mount that is not there: StorageNotFoundError and KeyError in one.
void set_mount_error(const std::string& message) {
  PyErr_SetObject(error_class(ErrorClass::mount), checked(to_python(message)).get());
}

PyObject* delete_mount(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return guarded([&]() -> PyObject* {
    static const Signature<1> signature("delete_mount", 1, 1, {"name"});
    const auto [name] = signature.bind(args, count, keywords);
    const ChangingMounts changing(nodes_of(self));
    try {
      of(self).delete_mount(name_from(name, "name"));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::unknown_mount) throw;
      set_mount_error(error.message());
      return nullptr;
    }
    Py_RETURN_NONE;
  });
}

PyObject* get_mount_names(PyObject* self, PyObject*) {
  return guarded([&] {
    Ref list = checked(PyList_New(0));
    for (const std::string& name : of(self).get_mount_names()) {
      if (PyList_Append(list.get(), checked(name_to_python(name)).get()) != 0) throw ErrorIsSet();
    }
    return list.release();
  });
}

PyObject* has_mount(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return guarded([&] {
    static const Signature<1> signature("has_mount", 1, 1, {"name"});
    const auto [name] = signature.bind(args, count, keywords);
    return to_python(PyUnicode_Check(name) && of(self).has_mount(name_from(name, "name")));
  });
}

PyObject* set_mimetype(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return guarded([&]() -> PyObject* {
    static const Signature<2> signature("set_mimetype", 2, 2, {"extension", "mimetype"});
    const auto [extension, mimetype] = signature.bind(args, count, keywords);
    of(self).set_mimetype(name_from(extension, "extension"), name_from(mimetype, "mimetype"));
    Py_RETURN_NONE;
  });
}

struct CloseMounts {
  StorageManager manager;
  Task<void> task() { return manager.close(); }
  PyObject* value() { return Py_NewRef(Py_None); }
  bool quick() const { return false; }
  bool remote() const { return true; }  // an archive may have to be sent
};

PyObject* close(PyObject* self, PyObject*) {
  return dual("StorageManager.close", [&] { return CloseMounts{of(self)}; });
}

const PyMethodDef own_methods[] = {
    {"node", as_method(&manager_node), METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR("node($self, mount_or_path=None, *path_parts, version=None, as_of=None)\n--\n\n"
               "The node at an address, \"mount:path\", or at a mount and path parts. Touches no storage.")},
    {"get_many", as_method(&manager_get_many), METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR("get_many($self, nodes, *, return_exceptions=False)\n--\n\n"
               "The contents of many files, in order, in one call. Awaitable inside a loop.")},
    {"cleanup", as_method(&manager_cleanup), METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR("cleanup($self, mount, older_than=86400)\n--\n\n"
               "Remove what killed processes left on a mount, if it is at least that old (seconds or a timedelta):\n"
               "unfinished files of local mounts, open uploads in parts below an S3 mount. The addresses of what\n"
               "was removed. Awaitable inside a loop.")},
    {"doctor", as_method(&manager_doctor), METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR(
         "doctor($self, mount, *, write=True, within=60)\n--\n\n"
         "Try everything that a mount is for, in at most `within` seconds, and say what works and what to change:\n"
         "a Diagnosis, whose str() is a table. With write, a probe file is stored and removed again where the\n"
         "mount's permission lets it. StorageNotFoundError for an unknown mount. Awaitable inside a loop.")},
    {"iternode", as_method(&manager_iternode), METH_FASTCALL,
     PyDoc_STR("iternode($self, /, *nodes)\n--\n\n"
               "A virtual node that reads as the contents of the nodes, one after the other. Reads nothing now.")},
    {"diffnode", as_method(&manager_diffnode), METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR("diffnode($self, node1, node2)\n--\n\n"
               "A virtual node that reads as the unified diff of two text contents. Reads nothing now.")},
    {"delete_mount", as_method(&delete_mount), METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR("delete_mount($self, name)\n--\n\nForget a mount; nodes made from it keep working.")},
    {"get_mount_names", get_mount_names, METH_NOARGS,
     PyDoc_STR("get_mount_names($self)\n--\n\nThe names, in order of configuration.")},
    {"set_mimetype", as_method(&set_mimetype), METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR("set_mimetype($self, extension, mimetype)\n--\n\n"
               "Set the media type of an extension on all mounts that say nothing of it themselves.")},
    {"has_mount", as_method(&has_mount), METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR("has_mount($self, name)\n--\n\nWhether a mount of that name is configured.")},
    {"close", close, METH_NOARGS,
     PyDoc_STR("close($self)\n--\n\nFinish what mounts hold back, such as archives. They stay usable. Awaitable inside "
               "a loop.")},
    {"_configure", as_method(&configure), METH_FASTCALL | METH_KEYWORDS, nullptr}};

PyMethodDef* methods() {
  static std::vector<PyMethodDef> all = [] {
    std::vector<PyMethodDef> table(std::begin(own_methods), std::end(own_methods));
    table.insert(table.end(), encryption_methods().begin(), encryption_methods().end());
    table.push_back({nullptr, nullptr, 0, nullptr});
    return table;
  }();
  return all.data();
}

PyGetSetDef* properties() {
  static std::vector<PyGetSetDef> all = [] {
    std::vector<PyGetSetDef> table(encryption_properties().begin(), encryption_properties().end());
    table.push_back({nullptr, nullptr, nullptr, nullptr, nullptr});
    return table;
  }();
  return all.data();
}

PyMemberDef members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(ManagerObject, weak_references), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr}};

}  // namespace

Node make_node(PyObject* manager, PyObject* mount_name, PyObject* path, PyObject* version) {
  if (!PyObject_TypeCheck(manager, manager_type)) {
    PyErr_Format(PyExc_TypeError, "manager must be a StorageManager, not '%.100s'", Py_TYPE(manager)->tp_name);
    throw ErrorIsSet();
  }
  const std::string name = name_from(mount_name, "mount_name");
  const MountPointer mount = of(manager).state()->find(name);
  const MountPointer& own = deriving_mount();
  if (own && own != mount && own->name == name) {
    const std::string text = name_from(path, "path");
    return Node(of(manager).state(), own, own->caps.content_addressed ? text : path::clean(text));
  }
  if (!mount) {
    set_mount_error("Mount point '" + name + "' not found");
    throw ErrorIsSet();
  }
  return of(manager).node(name, {name_from(path, "path")}, version_from(version));
}

Node node_from(PyObject* manager, PyObject* node_or_address) {
  if (is_node(node_or_address)) return *node_of(node_or_address);
  if (!PyObject_TypeCheck(manager, manager_type)) {
    PyErr_SetString(PyExc_ValueError, "the node belongs to no manager that could find the address");
    throw ErrorIsSet();
  }
  std::string storage;
  return of(manager).node(address_from(node_or_address, storage));
}

bool add_manager(PyObject* module) {
  PyType_Slot slots[] = {{Py_tp_doc, const_cast<char*>("Manager()\n--\n\nNamed mounts.")},
                         {Py_tp_new, as_slot(&manager_new)},
                         {Py_tp_init, as_slot(&manager_init)},
                         {Py_tp_dealloc, as_slot(&manager_dealloc)},
                         {Py_tp_methods, methods()},
                         {Py_tp_getset, properties()},
                         {Py_tp_members, members},
                         {0, nullptr}};
  PyType_Spec spec = {"genro_storage._core.Manager", sizeof(ManagerObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
                      slots};
  manager_type = reinterpret_cast<PyTypeObject*>(PyType_FromModuleAndSpec(module, &spec, nullptr));
  return manager_type && PyModule_AddType(module, manager_type) == 0;
}

}  // namespace genro::storage::python

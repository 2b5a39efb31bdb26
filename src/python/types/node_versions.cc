// A node's history and its user metadata. What is a property of StorageNode waits, also inside a loop; each has a method
// beside it that is awaitable there.
#include "python/ref.h"  // Python.h, which datetime.h does not include

#include <datetime.h>

#include <chrono>
#include <string>

#include "genro/storage/error.h"
#include "node/content/metadata.h"
#include "node/snapshot.h"
#include "python/asyncio/dual.h"
#include "python/calls/arguments.h"
#include "python/calls/convert.h"
#include "python/enter.h"
#include "python/types/node_object.h"

namespace genro::storage::python {
namespace {

/// A datetime in UTC. Its module is imported with the first one.
Ref datetime_from(std::int64_t unix_ns) {
  using namespace std::chrono;
  if (!PyDateTimeAPI) PyDateTime_IMPORT;
  if (!PyDateTimeAPI) throw ErrorIsSet();
  const sys_time<microseconds> time{floor<microseconds>(nanoseconds(unix_ns))};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  PyObject* const utc = PyDateTimeAPI->TimeZone_UTC;
  return checked(PyDateTimeAPI->DateTime_FromDateAndTime(
      static_cast<int>(date.year()), static_cast<int>(static_cast<unsigned>(date.month())),
      static_cast<int>(static_cast<unsigned>(date.day())), static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
      static_cast<int>(clock.subseconds().count()), utc, PyDateTimeAPI->DateTimeType));
}

void set_item(const Ref& dict, const char* name, const Ref& value) {
  if (PyDict_SetItemString(dict.get(), name, value.get()) != 0) throw ErrorIsSet();
}

Ref version_entry(const Version& version) {
  Ref entry = checked(PyDict_New());
  set_item(entry, "version_id", checked(to_python(version.version_id)));
  set_item(entry, "is_latest", checked(to_python(version.is_latest)));
  set_item(entry, "last_modified", datetime_from(version.last_modified_ns));
  set_item(entry, "size", checked(to_python(version.size)));
  set_item(entry, "etag", checked(to_python(version.etag)));
  return entry;
}

struct ListVersions {
  NodePointer node;
  Task<std::vector<Version>> task() { return node->versions(); }
  PyObject* value(std::vector<Version> versions) {
    Ref list = checked(PyList_New(static_cast<Py_ssize_t>(versions.size())));
    for (std::size_t i = 0; i < versions.size(); ++i) {
      PyList_SET_ITEM(list.get(), static_cast<Py_ssize_t>(i), version_entry(versions[i]).release());
    }
    return list.release();
  }
  bool quick() const { return stays_in_memory(*node); }
};

struct CountVersions {
  NodePointer node;
  Task<std::uint64_t> task() { return node->version_count(); }
  PyObject* value(std::uint64_t count) { return to_python(count); }
  bool quick() const { return stays_in_memory(*node); }
};

PyObject* list_versions(PyObject* self, PyObject*) {
  return dual("StorageNode.list_versions", [&] { return ListVersions{node_of(self)}; });
}

PyObject* count_versions(PyObject* self, PyObject*) {
  return dual("StorageNode.count_versions", [&] { return CountVersions{node_of(self)}; });
}

struct Compact {
  NodePointer node;
  bool dry_run;
  Task<Compaction> task() { return node->compact_versions(dry_run); }
  PyObject* value(Compaction done) {
    for (const VersionFailure& failure : done.failures) {
      const std::string text = "version '" + failure.version_id + "' was not deleted: " + failure.error.what();
      if (PyErr_WarnEx(PyExc_RuntimeWarning, text.c_str(), 1) != 0) throw ErrorIsSet();
    }
    return to_python(dry_run ? done.repeated : done.removed);
  }
  bool quick() const { return false; }
};

PyObject* compact_versions(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return dual("StorageNode.compact_versions", [&] {
    static const Signature<1> signature("compact_versions", 0, 1, {"dry_run"});
    const auto [dry_run] = signature.bind(args, count, keywords);
    return Compact{node_of(self), flag(dry_run, false)};
  });
}

struct GetMetadata {
  NodePointer node;
  Task<Metadata> task() { return node->get_metadata(); }
  PyObject* value(Metadata metadata) {
    Ref dict = checked(PyDict_New());
    for (const auto& [name, text] : metadata) {
      const Ref key = checked(to_python(name));
      const Ref item = checked(to_python(text));
      if (PyDict_SetItem(dict.get(), key.get(), item.get()) != 0) throw ErrorIsSet();
    }
    return dict.release();
  }
  bool quick() const { return stays_in_memory(*node); }
};

PyObject* get_metadata(PyObject* self, PyObject*) {
  return dual("StorageNode.get_metadata", [&] { return GetMetadata{node_of(self)}; });
}

struct SetMetadata {
  NodePointer node;
  Metadata metadata;
  std::string complaint;
  Task<void> task() { return replace_metadata(mount_of(*node), node->path(), std::move(metadata), complaint); }
  PyObject* value() { return Py_NewRef(Py_None); }
  bool quick() const { return stays_in_memory(*node); }
};

/// The UTF-8 of a str, or nothing: not a str, or with lone surrogates.
std::optional<std::string> utf8_of(PyObject* text) {
  if (!PyUnicode_Check(text)) return std::nullopt;
  Py_ssize_t size = 0;
  const char* data = PyUnicode_AsUTF8AndSize(text, &size);
  if (data) return std::string(data, static_cast<std::size_t>(size));
  PyErr_Clear();
  return std::nullopt;
}

SetMetadata metadata_operation(PyObject* self, PyObject* given) {
  SetMetadata operation{node_of(self), {}, {}};
  if (!PyDict_Check(given)) {
    operation.complaint = std::string("metadata must be a dict of str to str, not '") + Py_TYPE(given)->tp_name + "'";
    return operation;
  }
  PyObject* key = nullptr;
  PyObject* item = nullptr;
  for (Py_ssize_t at = 0; PyDict_Next(given, &at, &key, &item);) {
    std::optional<std::string> name = utf8_of(key);
    std::optional<std::string> text = utf8_of(item);
    if (!name || !text) {
      const char* which = name ? "value" : "name";
      operation.complaint = std::string("every metadata ") + which + " must be a str that UTF-8 can encode";
      return operation;
    }
    operation.metadata.emplace(std::move(*name), std::move(*text));
  }
  return operation;
}

PyObject* set_metadata(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return dual("StorageNode.set_metadata", [&] {
    static const Signature<1> signature("set_metadata", 1, 1, {"metadata"});
    return metadata_operation(self, signature.bind(args, count, keywords)[0]);
  });
}

/// The id of the version that a selector means; nothing when at the moment there was none.
struct Resolve {
  MountPointer snapshot;
  std::string path;
  bool may_be_none;
  Task<std::optional<std::string>> task() { return resolve(snapshot, path, may_be_none); }
  static Task<std::optional<std::string>> resolve(MountPointer snapshot, std::string path, bool may_be_none) {
    Task<MountPointer> pinning = pinned(std::move(snapshot), std::move(path));
    Result<MountPointer> found = co_await pinning.as_result();
    if (!found.ok()) {
      const ErrorCode code = found.error().code();
      if (may_be_none && (code == ErrorCode::not_found || code == ErrorCode::unsupported)) co_return std::nullopt;
      if (code == ErrorCode::unsupported) throw Error(ErrorCode::out_of_range, "No versions available");
    }
    const MountPointer mount = std::move(found).take();
    co_return mount->snapshot->selector.id();
  }
  PyObject* value(std::optional<std::string> id) {
    if (!id) Py_RETURN_NONE;
    return to_python(*id);
  }
  bool quick() const { return false; }
};

PyObject* resolve(PyObject* self, PyObject* version, bool may_be_none) {
  return dual(
      "StorageNode._resolve_version",
      [&] {
        const Node& node = *node_of(self);
        return Resolve{at_version(mount_of(node), version_from(version)), node.path(), may_be_none};
      },
      CallMode::sync);
}

PyObject* resolve_version_index(PyObject* self, PyObject* index) { return resolve(self, index, false); }
PyObject* resolve_version_at_date(PyObject* self, PyObject* date) { return resolve(self, date, true); }

PyObject* get_versions(PyObject* self, void*) {
  return dual("StorageNode.versions", [&] { return ListVersions{node_of(self)}; }, CallMode::sync);
}

PyObject* get_version_count(PyObject* self, void*) {
  return dual("StorageNode.version_count", [&] { return CountVersions{node_of(self)}; }, CallMode::sync);
}

PyObject* get_selector(PyObject* self, void*) {
  return guarded([&]() -> PyObject* {
    const VersionSelector selector = node_of(self)->selector();
    switch (selector.kind()) {
      case VersionSelector::Kind::id: return to_python(selector.id());
      case VersionSelector::Kind::index: return PyLong_FromLongLong(selector.index());
      case VersionSelector::Kind::moment: return datetime_from(selector.moment_ns()).release();
      default: Py_RETURN_NONE;
    }
  });
}

}  // namespace

VersionSelector moment_from(PyObject* moment) {
  const Ref module = checked(PyImport_ImportModule("genro_storage._moments"));
  const Ref nanoseconds =
      checked(enter([&] { return PyObject_CallMethod(module.get(), "unix_nanoseconds", "O", moment); }));
  const long long value = PyLong_AsLongLong(nanoseconds.get());
  if (value == -1 && PyErr_Occurred()) throw ErrorIsSet();
  return VersionSelector::as_of(value);
}

VersionSelector version_from(PyObject* argument) {
  if (!argument || argument == Py_None) return {};
  if (PyUnicode_Check(argument)) {
    std::string id = name_from(argument, "version");
    if (id.empty()) fail(PyExc_ValueError, "version must not be an empty string; None is the current content");
    return id;
  }
  if (PyLong_Check(argument) && !PyBool_Check(argument)) {
    int overflow = 0;
    const long long index = PyLong_AsLongLongAndOverflow(argument, &overflow);
    return overflow > 0 ? INT64_MAX : overflow < 0 ? INT64_MIN : index;  // no history is as long as that
  }
  if (PyBool_Check(argument) || PyFloat_Check(argument) || PyBytes_Check(argument)) {
    fail(PyExc_TypeError,
         std::string("version must be an id (str), an index (int) or None, not '") + Py_TYPE(argument)->tp_name + "'");
  }
  return moment_from(argument);
}

const std::vector<PyGetSetDef>& version_properties() {
  static const std::vector<PyGetSetDef> properties = {
      {"versions", get_versions, nullptr,
       PyDoc_STR("The file's versions, oldest first, as dicts; waits, also inside a loop."), nullptr},
      {"version_count", get_version_count, nullptr, PyDoc_STR("len(versions); waits, also inside a loop."), nullptr},
      {"_selector", get_selector, nullptr, nullptr, nullptr}};
  return properties;
}

const std::vector<PyMethodDef>& version_methods() {
  constexpr int kFast = METH_FASTCALL | METH_KEYWORDS;
  static const std::vector<PyMethodDef> methods = {
      {"list_versions", list_versions, METH_NOARGS,
       PyDoc_STR("list_versions($self)\n--\n\nThe property `versions`, awaitable inside a loop.")},
      {"count_versions", count_versions, METH_NOARGS,
       PyDoc_STR("count_versions($self)\n--\n\nThe property `version_count`, awaitable inside a loop.")},
      {"compact_versions", as_method(&compact_versions), kFast,
       PyDoc_STR(
           "compact_versions($self, dry_run=False)\n--\n\nDelete the versions that only repeat the content of the "
           "one before; gives their number. A dry run deletes nothing.")},
      {"get_metadata", get_metadata, METH_NOARGS,
       PyDoc_STR("get_metadata($self)\n--\n\nThe file's user metadata; {} where the mount keeps none.")},
      {"set_metadata", as_method(&set_metadata), kFast,
       PyDoc_STR("set_metadata($self, metadata)\n--\n\nReplace the file's user metadata by a dict of str to str.")},
      {"_resolve_version_index", resolve_version_index, METH_O, nullptr},
      {"_resolve_version_at_date", resolve_version_at_date, METH_O, nullptr}};
  return methods;
}

}  // namespace genro::storage::python

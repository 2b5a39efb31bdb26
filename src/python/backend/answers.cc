#include "python/backend/answers.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <utility>

#include "python/asyncio/python_call.h"
#include "python/calls/capability_fields.h"
#include "python/calls/convert.h"

namespace genro::storage::python {
namespace {

std::int64_t nanoseconds_from(PyObject* seconds) {
  const double value = PyFloat_AsDouble(seconds);
  if (PyErr_Occurred()) throw ErrorIsSet();
  constexpr double kMost = 9e9;  // what fits into 64 bits of nanoseconds
  return std::abs(value) < kMost ? static_cast<std::int64_t>(std::llround(value * 1e9)) : Entry::kNoTime;
}

}  // namespace

Caps caps_from(const Capabilities& promised) {
  Caps caps;
  caps.read = promised.read;
  caps.write = promised.write && !promised.readonly;
  caps.remove = promised.remove && !promised.readonly;
  caps.make_dir = promised.mkdir && !promised.readonly;
  caps.list = promised.list_dir;
  caps.copy = promised.copy_optimization && caps.write;
  caps.versions = promised.versioning || promised.version_access || promised.version_listing;
  caps.metadata = promised.metadata;
  caps.presigned_urls = promised.presigned_urls;
  caps.public_urls = promised.public_urls;
  caps.seek = promised.seek_support;
  caps.symbolic_links = promised.symbolic_links;
  caps.md5 = promised.hash_on_metadata;
  caps.atomic = promised.atomic_operations;
  caps.temporary = promised.temporary;
  return caps;
}

bool truth(const Ref& object) {
  const int answer = PyObject_IsTrue(object.get());
  if (answer < 0) throw ErrorIsSet();
  return answer != 0;
}

std::uint64_t size_from(PyObject* number) {
  const unsigned long long size = PyLong_AsUnsignedLongLong(number);
  if (PyErr_Occurred()) throw ErrorIsSet();
  return size;
}

std::shared_ptr<const Metadata> metadata_from(PyObject* dict) {
  if (!PyDict_Check(dict)) return nullptr;
  auto metadata = std::make_shared<Metadata>();
  PyObject* key = nullptr;
  PyObject* value = nullptr;
  Py_ssize_t position = 0;
  while (PyDict_Next(dict, &position, &key, &value)) {
    (*metadata)[name_from(key, "a metadata key")] = name_from(value, "a metadata value");
  }
  return metadata;
}

Ref metadata_to(const Metadata& metadata) {
  Ref dict = checked(PyDict_New());
  for (const auto& [key, value] : metadata) {
    if (PyDict_SetItemString(dict.get(), key.c_str(), checked(to_python(value)).get()) != 0) throw ErrorIsSet();
  }
  return dict;
}

Entry stored_entry(PyObject* answer, const std::string& path) {
  Entry entry;
  entry.path = answer != Py_None && PyUnicode_Check(answer) ? name_from(answer, "a path") : path;
  return entry;
}

std::string md5_from(PyObject* text) {
  std::string digits = name_from(text, "get_hash()");
  std::transform(digits.begin(), digits.end(), digits.begin(),
                 [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; });
  const bool is_md5 = digits.size() == 32 && digits.find_first_not_of("0123456789abcdef") == std::string::npos;
  return is_md5 ? digits : std::string();
}

std::vector<Version> versions_from(PyObject* list) {
  std::vector<Version> versions;
  const Ref items = checked(PySequence_Fast(list, "get_versions() must give a list"));
  const auto get = [](PyObject* item, const char* key) { return Ref::steal(PyMapping_GetItemString(item, key)); };
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(items.get()); ++i) {
    PyObject* item = PySequence_Fast_GET_ITEM(items.get(), i);
    Version version;
    version.version_id = name_from(checked(get(item, "version_id").release()).get(), "version_id");
    if (const Ref latest = get(item, "is_latest")) version.is_latest = truth(latest);
    if (const Ref modified = get(item, "last_modified"); modified && modified.get() != Py_None) {
      version.last_modified_ns = nanoseconds_from(call_method(modified.get(), "timestamp", {}).get());
    }
    if (const Ref size = get(item, "size"); size && size.get() != Py_None) version.size = size_from(size.get());
    if (const Ref etag = get(item, "etag"); etag && etag.get() != Py_None) version.etag = name_from(etag.get(), "etag");
    forgive();
    versions.push_back(std::move(version));
  }
  // Within one moment the order of the list is all that tells which came later; a multimap keeps it.
  if (!versions.empty() && !versions.front().is_latest) std::reverse(versions.begin(), versions.end());
  std::multimap<std::int64_t, Version, std::greater<>> newest_first;
  for (Version& version : versions) newest_first.emplace(version.last_modified_ns, std::move(version));
  versions.clear();
  for (auto& [time, version] : newest_first) versions.push_back(std::move(version));
  return versions;
}

std::optional<Entry> entry_from(PyObject* attributes, const std::string& path) {
  if (!PyTuple_Check(attributes) || PyTuple_GET_SIZE(attributes) != 3) {
    PyErr_SetString(PyExc_TypeError, "ext_attributes() must give (mtime, size, is_dir)");
    throw ErrorIsSet();
  }
  PyObject* mtime = PyTuple_GET_ITEM(attributes, 0);
  PyObject* size = PyTuple_GET_ITEM(attributes, 1);
  const bool is_dir = truth(Ref::borrow(PyTuple_GET_ITEM(attributes, 2)));
  if (mtime == Py_None && size == Py_None && !is_dir) return std::nullopt;
  std::optional<Entry> entry(std::in_place);
  entry->path = path;
  entry->kind = is_dir ? EntryKind::directory : EntryKind::file;
  if (mtime != Py_None) entry->mtime_ns = nanoseconds_from(mtime);
  if (!is_dir && size != Py_None) entry->size = size_from(size);
  return entry;
}

Ref seconds_to(double seconds) {
  const bool whole = seconds == std::floor(seconds);
  return checked(whole ? PyLong_FromDouble(seconds) : PyFloat_FromDouble(seconds));
}

Capabilities capabilities_from(PyObject* backend) {
  Capabilities result;
  const Ref found = Ref::steal(PyObject_GetAttrString(backend, "capabilities"));
  if (!found) {
    if (!PyErr_ExceptionMatches(PyExc_AttributeError)) throw ErrorIsSet();
    PyErr_Clear();
    return result;
  }
  return capabilities_from_fields(found.get());
}

Capabilities capabilities_from_fields(PyObject* capabilities) {
  Capabilities result;
  for (const auto& [name, field] : kCapabilityFields) {
    if (const Ref value = Ref::steal(PyObject_GetAttrString(capabilities, name))) result.*field = truth(value);
    forgive();
  }
  return result;
}

Ref fields_of(const Capabilities& capabilities) {
  Ref result = checked(PyDict_New());
  for (const auto& [name, field] : kCapabilityFields) {
    if (PyDict_SetItemString(result.get(), name, capabilities.*field ? Py_True : Py_False) != 0) throw ErrorIsSet();
  }
  return result;
}

}  // namespace genro::storage::python

#include "python/backend/python_backend.h"

#include <optional>
#include <utility>

#include "backend/bytes_reader.h"
#include "core/path.h"
#include "python/asyncio/python_call.h"
#include "python/backend/answers.h"
#include "python/backend/reader.h"
#include "python/backend/writer.h"
#include "python/calls/convert.h"
#include "python/enter.h"

namespace genro::storage::python {
namespace {

constexpr Limits kPythonLimits{.concurrency = 1};  // what is asked in an order comes in that order

class PythonBackend final : public LeafBackend {
 public:
  PythonBackend(PyHandle object, Caps caps, bool has_metadata)
      : object_(std::move(object)), caps_(caps), has_metadata_(has_metadata) {}
  PyObject* object() const noexcept { return object_->get(); }

  const Caps& caps() const noexcept override { return caps_; }
  const Limits& limits() const noexcept override { return kPythonLimits; }
  bool waits() const noexcept override { return true; }  // it may do anything
  std::string_view protocol() const noexcept override { return "python"; }
  std::string identity() const override {
    return "python:" + std::to_string(reinterpret_cast<std::uintptr_t>(object()));
  }

  Task<std::optional<Entry>> stat(std::string path) override {
    auto looking = offload([this, &path] { return in_python("stat", path, [&] { return look(path); }); });
    std::optional<Entry> entry = co_await looking;
    co_return entry;
  }

  Task<std::unique_ptr<Reader>> read(std::string path, ReadOptions options) override {
    auto opening = offload([this, &path, &options] { return open_now(path, options); });
    std::unique_ptr<Reader> reader = co_await opening;
    co_return reader;
  }

  Task<Entry> put(std::string path, Body body, PutOptions options) override {
    auto putting = offload([this, &path, &body, &options] { return put_now(path, body, options); });
    Entry entry = co_await putting;
    co_return entry;
  }

  Task<Page> list(std::string path, ListOptions options) override {
    if (options.recursive) throw unsupported("recursive listing", path);
    auto listing = offload([this, &path] { return in_python("list", path, [&] { return list_now(path); }); });
    Page page = co_await listing;
    co_return page;
  }

  Task<void> remove(std::string path) override {
    auto removing = offload([this, &path] { in_python("delete", path, [&] { remove_now(path); }); });
    co_await removing;
  }

  Task<Entry> copy(std::string from, std::string to, PutOptions options) override {
    if (!options.source_version.empty()) throw unsupported("copies of older versions", from);
    auto copying = offload([this, &from, &to] {
      return in_python("copy", from, [&] {
        const Ref source = checked(name_to_python(from));
        const Ref target = checked(name_to_python(to));
        return stored_entry(call_method(object(), "copy", {source.get(), object(), target.get()}).get(), to);
      });
    });
    Entry entry = co_await copying;
    co_return entry;
  }

  Task<void> make_dir(std::string path) override {
    auto making = offload([this, &path] { in_python("mkdir", path, [&] { call_method(object(), "mkdir", path); }); });
    co_await making;
  }

  Task<std::vector<Version>> versions(std::string path) override {
    auto asking = offload([this, &path] {
      return in_python("versions", path,
                       [&] { return versions_from(call_method(object(), "get_versions", path).get()); });
    });
    std::vector<Version> found = co_await asking;
    co_return found;
  }

  Task<void> remove_version(std::string path, std::string version_id) override {
    auto removing = offload([this, &path, &version_id] {
      in_python("delete_version", path, [&] {
        const Ref name = checked(name_to_python(path));
        const Ref version = checked(name_to_python(version_id));
        call_method(object(), "delete_version", {name.get(), version.get()});
      });
    });
    co_await removing;
  }

  Task<void> set_metadata(std::string path, Metadata metadata) override {
    auto setting = offload(
        [this, &path, &metadata] { in_python("set_metadata", path, [&] { set_metadata_now(path, metadata); }); });
    co_await setting;
  }

  Task<std::optional<std::string>> url(std::string path, UrlOptions options) override {
    if (!options.version.empty()) throw unsupported("URLs of older versions", path);
    auto asking =
        offload([this, &path, &options] { return in_python("url", path, [&] { return url_now(path, options); }); });
    co_return co_await asking;
  }

  std::optional<std::string> internal_url(std::string path, bool nocache) override {
    return in_python("internal_url", path, [&]() -> std::optional<std::string> {
      if (!PyObject_HasAttrString(object(), "internal_url")) return std::nullopt;
      const Ref name = checked(name_to_python(path));
      const Ref text = call_method(object(), "internal_url", {name.get(), nocache ? Py_True : Py_False});
      if (text.get() == Py_None) return std::nullopt;
      return name_from(text.get(), "internal_url()");
    });
  }

  std::optional<std::string> local_file(std::string path) override {
    return in_python("resolved_path", path, [&]() -> std::optional<std::string> {
      if (!PyObject_HasAttrString(object(), "resolved_path")) return std::nullopt;
      const Ref found = call_method(object(), "resolved_path", path);
      if (found.get() == Py_None) return std::nullopt;
      return name_from(checked(PyOS_FSPath(found.get())).get(), "resolved_path()");
    });
  }

  Task<void> close() override {
    auto closing = offload([this] { in_python("close", "", [&] { call_method(object(), "close", {}); }); });
    co_await closing;
  }

 private:
  /// (mtime, size, is_dir) of ext_attributes(), which every StorageBackend has; without it the four questions behind it.
  std::optional<Entry> look(const std::string& path) const {
    const Ref name = checked(name_to_python(path));
    Ref found;
    if (PyObject_HasAttrString(object(), "ext_attributes")) {
      found = call_method(object(), "ext_attributes", {name.get()});
    } else {
      const Ref base = checked(PyImport_ImportModule("genro_storage._attributes"));
      found = call_method(base.get(), "attributes_of", {object(), name.get()});
    }
    std::optional<Entry> entry = entry_from(found.get(), path);
    if (entry && entry->is_file()) add_details(*entry, name.get());
    return entry;
  }

  std::optional<Entry> look_if_there(const std::string& path) const {
    try {
      return look(path);
    } catch (const ErrorIsSet&) {
      if (!PyErr_ExceptionMatches(PyExc_FileNotFoundError)) throw;
      PyErr_Clear();
      return std::nullopt;
    }
  }

  void add_details(Entry& entry, PyObject* path) const {
    if (caps_.md5) {
      const Ref hash = call_method(object(), "get_hash", {path});
      if (hash.get() != Py_None) entry.md5 = md5_from(hash.get());
    }
    if (has_metadata_) entry.metadata = metadata_from(call_method(object(), "get_metadata", {path}).get());
  }

  std::unique_ptr<Reader> open_now(const std::string& path, const ReadOptions& options) const {
    if (!options.version.empty()) return open_python_version(object_, path, options);
    std::optional<Entry> entry = in_python("read", path, [&]() -> std::optional<Entry> {
      try {
        return look(path);
      } catch (const ErrorIsSet&) {  // a backend that cannot tell about the file may still read it
        if (!PyErr_ExceptionMatches(PyExc_Exception)) throw;
        PyErr_Clear();
        return std::nullopt;
      }
    });
    if (entry && entry->is_file()) return make_python_reader(object_, std::move(*entry), options.range);
    const Bytes content = python_content(object_, path);  // usually raises: in the backend's own words
    Entry made;
    made.path = path;
    made.size = content.size();
    const ByteRange range = clamped(options.range, made.size, path);
    return std::make_unique<BytesReader>(std::move(made), content, range);
  }

  Entry put_now(const std::string& path, const Body& body, const PutOptions& options) const {
    Entry entry = write_in_python(object_, path, body);
    if (options.metadata && caps_.metadata && !options.metadata->empty()) {
      in_python("write", path, [&] { set_metadata_now(entry.path, *options.metadata); });
    }
    return entry;
  }

  Page list_now(const std::string& folder) const {
    Page page;
    const Ref names = call_method(object(), "list_dir", folder);
    const Ref items = checked(PySequence_Fast(names.get(), "list_dir() must give a list of names"));
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(items.get()); ++i) {
      const std::string name = name_from(PySequence_Fast_GET_ITEM(items.get(), i), "a name of list_dir()");
      if (name.empty() || name.find('/') != std::string::npos || !path::is_clean(name)) {
        PyErr_Format(PyExc_ValueError, "list_dir() gave '%s', which is no name", name.c_str());
        throw ErrorIsSet();
      }
      const std::string below = path::join(folder, name);
      std::optional<Entry> entry = look_if_there(below);
      if (!entry) {  // listed, but nothing to read: as a link that leads nowhere
        entry.emplace();
        entry->path = below;
        entry->kind = EntryKind::other;
      }
      page.entries.push_back(std::move(*entry));
    }
    return page;
  }

  void remove_now(const std::string& path) const {
    const Ref name = checked(name_to_python(path));
    if (truth(call_method(object(), "is_dir", {name.get()}))) {
      const Ref names = call_method(object(), "list_dir", {name.get()});
      if (truth(names)) throw Error(ErrorCode::not_empty, "delete", path, "the directory is not empty");
    }
    try {
      call_method(object(), "delete", {name.get(), Py_False});
    } catch (const ErrorIsSet&) {
      if (!PyErr_ExceptionMatches(PyExc_FileNotFoundError)) throw;
      PyErr_Clear();
    }
  }

  void set_metadata_now(const std::string& path, const Metadata& metadata) const {
    const Ref name = checked(name_to_python(path));
    const Ref values = metadata_to(metadata);
    call_method(object(), "set_metadata", {name.get(), values.get()});
  }

  std::optional<std::string> url_now(const std::string& path, const UrlOptions& options) const {
    if (!PyObject_HasAttrString(object(), "url")) return std::nullopt;
    const Ref method = checked(PyObject_GetAttrString(object(), "url"));
    const Ref positional = checked(PyTuple_Pack(1, checked(name_to_python(path)).get()));
    const Ref named = metadata_to(options.parameters);
    const Ref expires = checked(seconds_to(options.expires_in).release());
    if (PyDict_SetItemString(named.get(), "expires_in", expires.get()) != 0) throw ErrorIsSet();
    const Ref text = checked(enter([&] { return PyObject_Call(method.get(), positional.get(), named.get()); }));
    if (text.get() == Py_None) return std::nullopt;
    return name_from(text.get(), "url()");
  }

  PyHandle object_;
  Caps caps_;
  bool has_metadata_;
};

PyObject* backend_class = nullptr;  // null: not imported, so no object can derive from it

}  // namespace

void remember_backend_class(PyObject* type) { Py_XSETREF(backend_class, Py_NewRef(type)); }

bool overrides(PyObject* object, const char* method) {
  const Ref plain = backend_class ? checked(PyObject_GetAttrString(backend_class, method)) : Ref();
  const Ref own = Ref::steal(PyObject_GetAttrString(reinterpret_cast<PyObject*>(Py_TYPE(object)), method));
  PyErr_Clear();
  return own && own.get() != plain.get();
}

std::shared_ptr<Backend> make_python_backend(PyObject* object, const Capabilities& capabilities) {
  for (const char* method : {"exists", "is_file", "is_dir", "size", "mtime", "open", "read_bytes", "write_bytes",
                             "delete", "list_dir", "mkdir"}) {
    if (PyObject_HasAttrString(object, method)) continue;
    PyErr_Format(PyExc_TypeError, "'%.100s' is no storage backend: it has no %s()", Py_TYPE(object)->tp_name, method);
    throw ErrorIsSet();
  }
  contexts_are_wanted.store(true, std::memory_order_relaxed);
  return std::make_shared<PythonBackend>(hold(Ref::borrow(object)), caps_from(capabilities),
                                         overrides(object, "get_metadata"));
}

PyObject* python_object_of(const Backend& backend) noexcept {
  const auto* python = dynamic_cast<const PythonBackend*>(&backend);
  return python ? python->object() : nullptr;
}

}  // namespace genro::storage::python

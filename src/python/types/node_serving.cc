// What serves a node's file to others: HTTP responses, local paths, links.
#include <string>

#include "genro/storage/backend.h"
#include "node/mount.h"
#include "node/snapshot.h"
#include "python/asyncio/dual.h"
#include "python/backend/python_backend.h"
#include "python/calls/arguments.h"
#include "python/calls/convert.h"
#include "python/types/local_path.h"
#include "python/types/node_object.h"
#include "python/types/serve_body.h"

namespace genro::storage::python {
namespace {

struct Serve {
  NodePointer node;
  ServeRequest request;
  ServeOptions options;
  Task<ServeResponse> task() { return node->serve(std::move(request), std::move(options)); }
  PyObject* value(ServeResponse response) {
    const Ref headers = checked(PyList_New(0));
    for (const auto& [name, text] : response.headers) {
      const Ref field = checked(Py_BuildValue("s#s#", name.data(), static_cast<Py_ssize_t>(name.size()), text.data(),
                                              static_cast<Py_ssize_t>(text.size())));
      if (PyList_Append(headers.get(), field.get()) != 0) throw ErrorIsSet();
    }
    const Ref status = checked(name_to_python(response.status_line()));
    const Ref body = wrap_serve_body(std::move(response.body));
    return PyTuple_Pack(3, status.get(), headers.get(), body.get());
  }
  bool quick() const { return false; }
};

std::string text_or_nothing(PyObject* argument, const char* what) {
  return argument == Py_None ? std::string() : name_from(argument, what);
}

HeaderFields fields_from(PyObject* argument) {
  HeaderFields fields;
  const Ref items = checked(PySequence_Fast(argument, "headers are a list"));
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(items.get()); ++i) {
    PyObject* name = nullptr;
    PyObject* value = nullptr;
    if (!PyArg_ParseTuple(PySequence_Fast_GET_ITEM(items.get(), i), "OO", &name, &value)) throw ErrorIsSet();
    fields.emplace_back(name_from(name, "a header's name"), name_from(value, "a header's value"));
  }
  return fields;
}

/// (status line, headers, ServeBody). StorageNode.serve() of serving.py has checked the values.
PyObject* serve(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  // Blocks also inside a loop: WSGI is sync.
  return dual(
      "StorageNode.serve",
      [&] {
        static const Signature<6> signature(
            "_serve", 6, 6, {"method", "headers", "download", "download_name", "cache_max_age", "mimetype"});
        const auto [method, headers, download, name, age, mimetype] = signature.bind(args, count, keywords);
        Serve operation{node_of(self), {name_from(method, "method"), fields_from(headers)}, {}};
        operation.options.download = flag(download, false);
        operation.options.download_name = text_or_nothing(name, "download_name");
        operation.options.mimetype = text_or_nothing(mimetype, "mimetype");
        if (age != Py_None) {
          operation.options.cache_max_age = PyLong_AsUnsignedLongLong(age);
          if (PyErr_Occurred()) throw ErrorIsSet();
        }
        return operation;
      },
      CallMode::sync);
}

/// Refuses at once what local_path() must refuse when it is called.
PyObject* local_path(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return guarded([&] {
    static const Signature<2> signature("_local_path", 2, 2, {"mode", "awaits"});
    const auto [mode, awaits] = signature.bind(args, count, keywords);
    return wrap_local_path(node_of(self)->local_path(name_from(mode, "mode")), flag(awaits, false)).release();
  });
}

PyObject* text_or_none(const std::optional<std::string>& text) {
  if (!text) Py_RETURN_NONE;
  return name_to_python(*text);
}

struct Link {
  NodePointer node;
  UrlOptions options;
  Task<std::optional<std::string>> task() { return node->url(std::move(options)); }
  PyObject* value(const std::optional<std::string>& link) { return text_or_none(link); }
  bool quick() const { return !is_remote(*node); }  // may have to wait for credentials
};

/// A value inside a loop, too.
PyObject* url(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  const auto make = [&] {
    static const Signature<3> signature("_url", 3, 3, {"expires_in", "method", "parameters"});
    const auto [expires_in, method, parameters] = signature.bind(args, count, keywords);
    UrlOptions options;
    options.expires_in = PyFloat_AsDouble(expires_in);
    if (PyErr_Occurred()) throw ErrorIsSet();
    options.method = name_from(method, "method");
    PyObject* key = nullptr;
    PyObject* value = nullptr;
    for (Py_ssize_t at = 0; PyDict_Next(parameters, &at, &key, &value);) {
      options.parameters.emplace(name_from(key, "a parameter"), name_from(value, "a parameter's value"));
    }
    return Link{node_of(self), std::move(options)};
  };
  return dual("StorageNode.url", make, CallMode::sync);
}

PyObject* internal_url(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return guarded([&] {
    static const Signature<1> signature("internal_url", 0, 1, {"nocache"});
    const auto [nocache] = signature.bind(args, count, keywords);
    return text_or_none(node_of(self)->internal_url(flag(nocache, false)));
  });
}

/// The Python object at the bottom of the mount, None where the engine itself is.
PyObject* python_core(PyObject* self, PyObject*) {
  const Node& node = *node_of(self);
  PyObject* object = node.detached() ? nullptr : python_object_of(*live_mount(node.mount())->base_backend);
  return Py_NewRef(object ? object : Py_None);
}

}  // namespace

const std::vector<PyMethodDef>& serving_methods() {
  constexpr int kFast = METH_FASTCALL | METH_KEYWORDS;
  static const std::vector<PyMethodDef> methods = {
      {"_serve", as_method(&serve), kFast, nullptr},
      {"_local_path", as_method(&local_path), kFast, nullptr},
      {"_url", as_method(&url), kFast, nullptr},
      {"_python_core", python_core, METH_NOARGS, nullptr},
      {"internal_url", as_method(&internal_url), kFast,
       PyDoc_STR(
           "internal_url($self, nocache=False)\n--\n\nA link inside of the application that serves the mount, where "
           "the backend knows one; nocache: it changes with the file.")}};
  return methods;
}

}  // namespace genro::storage::python

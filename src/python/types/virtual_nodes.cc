#include "python/types/virtual_nodes.h"

#include <optional>
#include <utility>

#include "backend/body_bytes.h"
#include "genro/storage/error.h"
#include "node/virtual/content.h"
#include "python/asyncio/dual.h"
#include "python/calls/arguments.h"
#include "python/calls/convert.h"
#include "python/calls/long_text.h"
#include "python/gil_pause.h"
#include "python/types/manager.h"
#include "python/types/node_object.h"

namespace genro::storage::python {
namespace {

/// Python's codec, called by the engine on any thread. It gives UTF-8, in which lone surrogates stay what they are.
struct Decoder {
  std::string encoding;

  std::string operator()(const Bytes& bytes) const {
    if (encoding == "utf-8" && !bytes.empty()) {
      try {
        return utf8_text(bytes);
      } catch (const Undecodable&) {
        // Python's own codec raises the error with all its attributes.
      }
    }
    const GilHold gil;
    if (!gil) throw Error(ErrorCode::cancelled, "the interpreter is exiting");
    try {
      const Ref text = checked(decoded(bytes, encoding));
      const Ref utf8 = checked(PyUnicode_AsEncodedString(text.get(), "utf-8", "surrogatepass"));
      return {PyBytes_AS_STRING(utf8.get()), static_cast<std::size_t>(PyBytes_GET_SIZE(utf8.get()))};
    } catch (const ErrorIsSet&) {
      const bool undecodable = PyErr_ExceptionMatches(PyExc_UnicodeError) != 0;
      PythonError error = PythonError::take();
      if (!undecodable) error.raise();
      throw Undecodable{std::make_exception_ptr(error)};
    }
  }
};

Task<Bytes> decoded_sources(NodePointer node, std::string encoding) {
  Task<std::string> reading = virtual_text(*node, Decoder{std::move(encoding)});
  const std::string text = co_await reading;
  Task<Bytes> copying = copied(std::as_bytes(std::span(text)));
  co_return co_await copying;
}

struct Zip {
  NodePointer node;
  Task<Bytes> task() { return node->zip(); }
  PyObject* value(Bytes archive) { return to_python(std::move(archive)); }
  bool quick() const { return false; }
};

PyObject* zip(PyObject* self, PyObject*) {
  return dual("StorageNode.zip", [&] { return Zip{node_of(self)}; });
}

struct ZipTo {
  Ref self;
  Ref destination;  // the node that was given, or an address
  NodePointer node;
  Node target;
  Task<Node> task() { return node->zip_to(std::move(target)); }
  PyObject* value(Node written) {
    if (!is_node(destination.get())) return wrap_node(manager_of(self.get()), std::move(written)).release();
    set_node(destination.get(), std::move(written));  // base64: its path is the content that it got
    return destination.release();
  }
  bool quick() const { return false; }
};

PyObject* zip_to(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return dual("StorageNode.zip_to", [&] {
    static const Signature<1> signature("zip_to", 1, 1, {"dest"});
    const auto [dest] = signature.bind(args, count, keywords);
    return ZipTo{Ref::borrow(self), Ref::borrow(dest), node_of(self), node_from(manager_of(self), dest)};
  });
}

struct ToBase64 {
  NodePointer node;
  std::optional<std::string> mime;
  bool include_uri;
  Task<std::string> task() { return node->to_base64(std::move(mime), include_uri); }
  PyObject* value(std::string text) {
    return made_of(std::move(text), [](const std::string& whole) { return to_python(whole); });
  }
  bool heavy(const std::string& text) const { return text.size() >= kLong; }
  bool quick() const { return false; }
};

PyObject* to_base64(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return dual("StorageNode.to_base64", [&] {
    static const Signature<2> signature("to_base64", 0, 2, {"mime", "include_uri"});
    const auto [mime, include_uri] = signature.bind(args, count, keywords);
    ToBase64 operation{node_of(self), {}, flag(include_uri, true)};
    if (mime && mime != Py_None) operation.mime = name_from(mime, "mime");
    return operation;
  });
}

struct Fill {
  Ref self;
  NodePointer target;  // a copy: a base64 node changes with its content
  std::string url;
  FetchOptions options;
  Task<void> task() { return target->fill_from_url(std::move(url), options); }
  PyObject* value() {
    if (target->path() != node_of(self.get())->path()) set_node(self.get(), *target);
    return Py_NewRef(Py_None);
  }
  bool quick() const { return false; }
};

double number_from(PyObject* argument, double otherwise) {
  if (!given(argument)) return otherwise;
  const double value = PyFloat_AsDouble(argument);
  if (PyErr_Occurred()) throw ErrorIsSet();
  return value;
}

FetchOptions fetch_options(PyObject* timeout, PyObject* total_timeout, PyObject* max_size, PyObject* max_redirects) {
  FetchOptions options;
  options.timeout = number_from(timeout, options.timeout);
  options.total_timeout = number_from(total_timeout, options.total_timeout);
  if (given(max_size)) options.max_size = PyLong_AsUnsignedLongLong(max_size);
  if (PyErr_Occurred()) throw ErrorIsSet();
  if (given(max_redirects)) {
    const long value = PyLong_AsLong(max_redirects);
    if (PyErr_Occurred()) throw ErrorIsSet();
    options.max_redirects = value < 0 ? -1 : static_cast<int>(value > 1000 ? 1000 : value);
  }
  return options;
}

PyObject* fill_from_url(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return dual("StorageNode.fill_from_url", [&] {
    static const Signature<6> signature(
        "fill_from_url", 1, 2, {"url", "timeout", "total_timeout", "max_size", "max_redirects", "public_only"});
    const auto [url, timeout, total_timeout, max_size, max_redirects, public_only] =
        signature.bind(args, count, keywords);
    if (!flag(url, false)) {
      PyErr_SetString(PyExc_ValueError, "Invalid URL: none was given");
      throw ErrorIsSet();
    }
    Fill operation{Ref::borrow(self), std::make_shared<Node>(*node_of(self)), name_from(url, "url"),
                   fetch_options(timeout, total_timeout, max_size, max_redirects)};
    operation.options.public_only = flag(public_only, false);
    return operation;
  });
}

Node source_from(PyObject* object) {
  if (!is_node(object)) {
    PyErr_Format(PyExc_TypeError, "a StorageNode is required, not '%.100s'", Py_TYPE(object)->tp_name);
    throw ErrorIsSet();
  }
  return *node_of(object);
}

std::vector<Node> sources_from(PyObject* const* args, Py_ssize_t count) {
  std::vector<Node> sources;
  sources.reserve(static_cast<std::size_t>(count));
  for (Py_ssize_t i = 0; i < count; ++i) sources.push_back(source_from(args[i]));
  return sources;
}

/// Else the engine refuses, whatever is to be added.
bool takes_sources(const Node& node) {
  const VirtualContent* content = virtual_content_of(node);
  return content && content->is_sequence();
}

PyObject* extend(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  return guarded([&]() -> PyObject* {
    const Node& node = *node_of(self);
    node.extend(takes_sources(node) ? sources_from(args, count) : std::vector<Node>());
    Py_RETURN_NONE;
  });
}

}  // namespace

PyObject* append_source(PyObject* self, PyObject* source) noexcept {
  return guarded([&]() -> PyObject* {
    const Node& node = *node_of(self);
    node.append(takes_sources(node) ? source_from(source) : Node());
    Py_RETURN_NONE;
  });
}

Task<Bytes> text_source(NodePointer node, std::string encoding) {
  if (node->is_virtual()) return decoded_sources(std::move(node), std::move(encoding));
  return node->read_bytes();
}

PyObject* text_from(const Node& node, const Bytes& source, const std::string& encoding) {
  if (!node.is_virtual()) return decoded(source, encoding);
  if (source.size() >= kLong) {
    if (Ref whole = utf8_decoded(source.view())) return whole.release();
  }
  const auto* data = reinterpret_cast<const char*>(source.data());
  const auto size = static_cast<Py_ssize_t>(source.size());
  PyObject* text = PyUnicode_DecodeUTF8(data ? data : "", size, "surrogatepass");
  if (text || !PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) return text;
  PyErr_Clear();
  return PyUnicode_DecodeUTF8(data, size, "surrogateescape");  // an address that is no UTF-8, in a diff's head
}

PyObject* manager_iternode(PyObject* self, PyObject* const* args, Py_ssize_t count) noexcept {
  return guarded([&] {
    return wrap_node(self, reinterpret_cast<ManagerObject*>(self)->manager.iternode(sources_from(args, count)))
        .release();
  });
}

PyObject* manager_diffnode(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) noexcept {
  return guarded([&] {
    static const Signature<2> signature("diffnode", 2, 2, {"node1", "node2"});
    const auto [first, second] = signature.bind(args, count, keywords);
    return wrap_node(self,
                     reinterpret_cast<ManagerObject*>(self)->manager.diffnode(source_from(first), source_from(second)))
        .release();
  });
}

const std::vector<PyMethodDef>& virtual_methods() {
  constexpr int kFast = METH_FASTCALL | METH_KEYWORDS;
  static const std::vector<PyMethodDef> methods = {
      {"extend", as_method(&extend), METH_FASTCALL,
       PyDoc_STR("extend($self, /, *nodes)\n--\n\nAdd sources at the end of an iternode.")},
      {"zip", zip, METH_NOARGS,
       PyDoc_STR("zip($self)\n--\n\nA ZIP archive of the file, of all files below the folder, or of an iternode's "
                 "sources.")},
      {"zip_to", as_method(&zip_to), kFast,
       PyDoc_STR("zip_to($self, dest)\n--\n\nWrite the archive that zip() gives to a node, in bounded memory; gives "
                 "dest.")},
      {"to_base64", as_method(&to_base64), kFast,
       PyDoc_STR(
           "to_base64($self, mime=None, include_uri=True)\n--\n\nThe content as a data URI, or as plain base64.")},
      {"fill_from_url", as_method(&fill_from_url), kFast,
       PyDoc_STR("fill_from_url($self, url, timeout=30, *, total_timeout=3600, max_size=10737418240, max_redirects=10, "
                 "public_only=False)\n--\n\nReplace the content by what an http or https URL gives, whole or not at "
                 "all.\n\npublic_only refuses private and loopback addresses, on redirects too: use it for URLs "
                 "that strangers give.")}};
  return methods;
}

}  // namespace genro::storage::python

// A node's questions, and whole contents: reading, writing, appending.
#include <optional>
#include <string>

#include "genro/storage/error.h"
#include "node/mount.h"
#include "python/asyncio/dual.h"
#include "python/backend/python_backend.h"
#include "python/calls/arguments.h"
#include "python/calls/convert.h"
#include "python/calls/given_content.h"
#include "python/types/file.h"
#include "python/types/manager_encryption.h"
#include "python/types/node_immediate.h"
#include "python/types/node_object.h"
#include "python/types/virtual_nodes.h"

namespace genro::storage::python {
namespace {

template <auto Method, Cost kCost>
struct Query {
  NodePointer node;
  auto task() { return ((*node).*Method)(); }
  auto try_now() {
    if constexpr (kSame<Method, &Node::read_bytes>) {
      return node->try_read();
    } else if constexpr (kCost == Cost::slow) {
      return std::optional<typename TaskValue<decltype(task())>::Type>();
    } else {
      const std::optional<StatLite> seen = node->try_stat();
      return seen ? answer_from<Method>(*seen) : std::nullopt;
    }
  }
  template <class T>
  PyObject* value(T result) {
    return to_python(std::move(result));
  }
  bool quick() const {
    if constexpr (kCost == Cost::content) return reads_quickly(*node);
    return kCost == Cost::quick && stays_in_memory(*node);
  }
  bool remote() const { return is_remote(*node); }
};

template <auto Method, Cost kCost, const char* kName>
PyObject* query(PyObject* self, PyObject*) {
  return dual(
      kName, [&] { return Query<Method, kCost>{node_of(self)}; }, CallMode::dual,
      [&] { return immediate_value<Method, kCost>(self); });
}

constexpr char kExists[] = "StorageNode.exists";
constexpr char kIsFile[] = "StorageNode.is_file";
constexpr char kIsDir[] = "StorageNode.is_dir";
constexpr char kSize[] = "StorageNode.size";
constexpr char kMtime[] = "StorageNode.mtime";
constexpr char kMd5hash[] = "StorageNode.md5hash";
constexpr char kReadBytes[] = "StorageNode.read_bytes";

/// The name of a mode. What is no text is no mode either, and named as it looks.
std::string mode_from(PyObject* argument, const char* usual) {
  if (!argument) return usual;
  return name_from(PyUnicode_Check(argument) ? argument : checked(PyObject_Repr(argument)).get(), "mode");
}

std::string encoding_from(PyObject* argument) {
  if (!argument || argument == Py_None) return "utf-8";
  return name_from(argument, "encoding");
}

struct ReadText {
  NodePointer node;
  std::string encoding;
  Task<Bytes> task() { return text_source(node, encoding); }
  std::optional<Bytes> try_now() const { return node->try_read(); }
  PyObject* value(Bytes bytes) {
    return made_of(std::move(bytes), [this](const Bytes& source) { return text_from(*node, source, encoding); });
  }
  bool heavy(const Bytes& bytes) const { return bytes.size() >= kLong && is_decoded_anew(bytes); }
  bool quick() const { return reads_quickly(*node); }
  bool remote() const { return is_remote(*node); }
};

PyObject* read_text(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return dual("StorageNode.read_text", [&] {
    static const Signature<1> signature("read_text", 0, 1, {"encoding"});
    const auto [encoding] = signature.bind(args, count, keywords);
    return ReadText{node_of(self), encoding_from(encoding)};
  });
}

struct ReadEither {
  NodePointer node;
  std::optional<std::string> encoding;  // none: bytes
  Task<Bytes> task() { return encoding ? text_source(node, *encoding) : node->read_bytes(); }
  std::optional<Bytes> try_now() const { return node->try_read(); }
  PyObject* value(Bytes bytes) {
    if (!encoding) return to_python(std::move(bytes));
    return made_of(std::move(bytes), [this](const Bytes& source) { return text_from(*node, source, *encoding); });
  }
  bool heavy(const Bytes& bytes) const {
    return bytes.size() >= kLong && (encoding ? is_decoded_anew(bytes) : is_copied_to_python(bytes));
  }
  bool quick() const { return reads_quickly(*node); }
  bool remote() const { return is_remote(*node); }
};

PyObject* read(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return dual("StorageNode.read", [&] {
    static const Signature<2> signature("read", 0, 2, {"mode", "encoding"});
    const auto [mode, encoding] = signature.bind(args, count, keywords);
    const std::string wanted = mode_from(mode, "r");
    if (wanted != "r" && wanted != "rb")
      fail(PyExc_ValueError, "Invalid read mode: '" + wanted + "' (use 'r' or 'rb')");
    ReadEither operation{node_of(self), {}};
    if (wanted == "r") operation.encoding = encoding_from(encoding);
    return operation;
  });
}

/// A writable buffer of Python's, exported until the engine has let go of it.
class Target {
 public:
  explicit Target(PyObject* object) {
    if (PyObject_GetBuffer(object, &view_, PyBUF_WRITABLE) != 0) throw ErrorIsSet();
  }
  Target(Target&& other) noexcept : view_(other.view_) { other.view_.obj = nullptr; }
  ~Target() {
    if (view_.obj) PyBuffer_Release(&view_);
  }
  std::span<std::byte> span() const {
    return {static_cast<std::byte*>(view_.buf), static_cast<std::size_t>(view_.len)};
  }

 private:
  Py_buffer view_{};
};

struct ReadInto {
  NodePointer node;
  Target target;
  std::uint64_t offset;
  Task<std::size_t> task() { return node->read_into(target.span(), offset); }
  PyObject* value(std::size_t count) { return PyLong_FromSize_t(count); }
  bool quick() const { return false; }
  bool remote() const { return is_remote(*node); }
};

PyObject* read_into(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return dual("StorageNode.read_into", [&] {
    static const Signature<2> signature("read_into", 1, 2, {"buffer", "offset"});
    const auto [buffer, offset] = signature.bind(args, count, keywords);
    const unsigned long long begin = offset ? PyLong_AsUnsignedLongLong(offset) : 0;
    if (offset && PyErr_Occurred()) throw ErrorIsSet();
    return ReadInto{node_of(self), Target(buffer), begin};
  });
}

struct Write {
  Ref self;
  NodePointer target;
  GivenContent data;
  bool skip_if_unchanged;
  std::optional<Encrypted> encrypted;

  Task<bool> task() {
    WriteOptions options;
    options.skip_if_unchanged = skip_if_unchanged;
    options.encrypted = std::move(encrypted);
    if (data.ready()) return target->write_bytes(data.take(), std::move(options));
    return write_made(target, data.make(), std::move(options));
  }
  static Task<bool> write_made(NodePointer node, Task<Bytes> making, WriteOptions options) {
    Bytes content = co_await making;
    Task<bool> writing = node->write_bytes(std::move(content), std::move(options));
    co_return co_await writing;
  }
  std::optional<bool> try_now() const {
    if (skip_if_unchanged || !data.ready() || would_encrypt(*target, encrypted)) return std::nullopt;
    return target->try_write(data.bytes()) ? std::optional(true) : std::nullopt;
  }
  PyObject* value(bool written) {
    if (target != node_of(self.get()) && target->path() != node_of(self.get())->path()) set_node(self.get(), target);
    return to_python(written);
  }
  bool quick() const {
    return !skip_if_unchanged && data.ready() && stays_in_memory(*target) && !would_encrypt(*target, encrypted);
  }
  bool remote() const { return is_remote(*target); }
};

Write write_of(PyObject* self, GivenContent data, PyObject* skip_if_unchanged, PyObject* encrypted) {
  const NodePointer& node = node_of(self);
  // Where the backend may give the content another path, the write changes the node it runs on: not the shared one then.
  const bool moves =
      node->mount() && (node->mount()->caps.content_addressed || python_object_of(*node->mount()->base_backend));
  return {Ref::borrow(self), moves ? std::make_shared<Node>(*node) : node, std::move(data),
          flag(skip_if_unchanged, false), encrypted_from(encrypted)};
}

PyObject* write_bytes(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  const auto make = [&] {
    static const Signature<3> signature("write_bytes", 1, 3, {"data", "skip_if_unchanged", "encrypted"});
    const auto [data, skip, encrypted] = signature.bind(args, count, keywords);
    Write operation = write_of(self, GivenContent::of_buffer(data), skip, encrypted);
    if (!PyBytes_Check(data) && would_encrypt(*operation.target, operation.encrypted)) {
      fail(PyExc_TypeError, std::string("what is to be encrypted must be bytes, not '") + Py_TYPE(data)->tp_name + "'");
    }
    return operation;
  };
  const bool usual = count == 1 && !keywords;
  return dual("StorageNode.write_bytes", make, CallMode::dual,
              [&] { return usual ? write_immediate(self, args[0]) : nullptr; });
}

PyObject* write_text(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return dual("StorageNode.write_text", [&] {
    static const Signature<4> signature("write_text", 1, 4, {"text", "encoding", "skip_if_unchanged", "encrypted"});
    const auto [text, encoding, skip, encrypted] = signature.bind(args, count, keywords);
    return write_of(self, GivenContent::of_text(text, encoding_from(encoding)), skip, encrypted);
  });
}

PyObject* write(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return dual("StorageNode.write", [&] {
    static const Signature<5> signature("write", 1, 5, {"data", "mode", "encoding", "skip_if_unchanged", "encrypted"});
    const auto [data, mode, encoding, skip, encrypted] = signature.bind(args, count, keywords);
    const std::string wanted = mode_from(mode, "w");
    if (wanted != "w" && wanted != "wb")
      fail(PyExc_ValueError, "Invalid write mode: '" + wanted + "' (use 'w' or 'wb')");
    const bool text = wanted == "w";
    if (text ? !PyUnicode_Check(data) : !PyBytes_Check(data)) {
      fail(PyExc_TypeError,
           "mode '" + wanted + "' needs " + (text ? "str" : "bytes") + ", not '" + Py_TYPE(data)->tp_name + "'");
    }
    GivenContent content = text ? GivenContent::of_text(data, encoding_from(encoding)) : GivenContent::of_buffer(data);
    return write_of(self, std::move(content), skip, encrypted);
  });
}

struct Append {
  NodePointer target;
  GivenContent data;
  Task<void> task() { return data.ready() ? target->append(data.take()) : append_made(target, data.make()); }
  static Task<void> append_made(NodePointer node, Task<Bytes> making) {
    Bytes content = co_await making;
    Task<void> appending = node->append(std::move(content));
    co_await appending;
  }
  PyObject* value() { return Py_NewRef(Py_None); }
  bool quick() const { return false; }
};

PyObject* append(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return guarded([&] {
    static const Signature<2> signature("append", 0, 1, {"data", "node"});
    const auto [content, node] = signature.bind(args, count, keywords);
    PyObject* data = content ? content : node;
    if (!data || (content && node)) fail(PyExc_TypeError, "append() takes the data, or a node, and nothing else");
    if (is_node(data) || node_of(self)->detached()) return append_source(self, data);
    return dual("StorageNode.append", [&] {
      return Append{node_of(self),
                    PyUnicode_Check(data) ? GivenContent::of_text(data, "utf-8") : GivenContent::of_buffer(data)};
    });
  });
}

struct Open {
  Ref self;
  NodePointer node;
  std::string mode;
  VersionSelector version;
  bool awaits;
  Task<File> task() { return node->open(mode, version); }
  PyObject* value(File file) {
    const bool moves = file.writable() && node->mount() && node->mount()->caps.content_addressed;
    return wrap_file(std::move(file), awaits, moves ? self.get() : nullptr);
  }
  bool quick() const { return false; }
};

/// What StorageNode.open() of node.py builds on: a File whose methods are all sync, or all awaitable.
PyObject* open_file(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return guarded([&] {
    static const Signature<3> signature("_open", 3, 3, {"mode", "version", "awaits"});
    const auto [mode, version, awaits] = signature.bind(args, count, keywords);
    const bool async = flag(awaits, false);
    Open operation{Ref::borrow(self), node_of(self), name_from(mode, "mode"), version_from(version), async};
    return dual("StorageNode.open", [&] { return std::move(operation); }, async ? CallMode::async : CallMode::sync);
  });
}

}  // namespace

const std::vector<PyMethodDef>& content_methods() {
  constexpr int kFast = METH_FASTCALL | METH_KEYWORDS;
  static const std::vector<PyMethodDef> methods = {
      {"exists", &query<&Node::exists, Cost::quick, kExists>, METH_NOARGS,
       PyDoc_STR("exists($self)\n--\n\nWhether a file or a folder is there.")},
      {"is_file", &query<&Node::is_file, Cost::quick, kIsFile>, METH_NOARGS,
       PyDoc_STR("is_file($self)\n--\n\nWhether a file is there.")},
      {"is_dir", &query<&Node::is_dir, Cost::quick, kIsDir>, METH_NOARGS,
       PyDoc_STR("is_dir($self)\n--\n\nWhether a folder is there.")},
      {"size", &query<&Node::size, Cost::quick, kSize>, METH_NOARGS,
       PyDoc_STR("size($self)\n--\n\nThe file's size in bytes.")},
      {"mtime", &query<&Node::mtime, Cost::quick, kMtime>, METH_NOARGS,
       PyDoc_STR("mtime($self)\n--\n\nWhen it was last changed, in seconds since 1970.")},
      {"md5hash", &query<&Node::md5hash, Cost::slow, kMd5hash>, METH_NOARGS,
       PyDoc_STR("md5hash($self)\n--\n\nThe MD5 of the content, 32 hexadecimal digits.")},
      {"read_bytes", &query<&Node::read_bytes, Cost::content, kReadBytes>, METH_NOARGS,
       PyDoc_STR("read_bytes($self)\n--\n\nThe whole content.")},
      {"read_text", as_method(&read_text), kFast,
       PyDoc_STR("read_text($self, encoding='utf-8')\n--\n\nThe whole content as text; newlines stay.")},
      {"read", as_method(&read), kFast,
       PyDoc_STR("read($self, mode='r', encoding='utf-8')\n--\n\nThe whole content: text, or bytes with mode 'rb'.")},
      {"read_into", as_method(&read_into), kFast,
       PyDoc_STR("read_into($self, buffer, offset=0)\n--\n\nFill a writable buffer from the file; gives the number of "
                 "bytes.")},
      {"write_bytes", as_method(&write_bytes), kFast,
       PyDoc_STR("write_bytes($self, data, skip_if_unchanged=False, encrypted=None)\n--\n\nReplace the content. False "
                 "when it was skipped.")},
      {"write_text", as_method(&write_text), kFast,
       PyDoc_STR("write_text($self, text, encoding='utf-8', skip_if_unchanged=False, encrypted=None)\n--\n\nReplace "
                 "the content by "
                 "text. False when it was skipped.")},
      {"write", as_method(&write), kFast,
       PyDoc_STR("write($self, data, mode='w', encoding='utf-8', skip_if_unchanged=False, encrypted=None)\n--\n\n"
                 "Replace the content: text, or bytes with mode 'wb'. False when it was skipped.")},
      {"append", as_method(&append), kFast,
       PyDoc_STR("append($self, data)\n--\n\nAdd bytes or text at the end of the file; to an iternode add a source.")},
      {"_open", as_method(&open_file), kFast, nullptr}};
  return methods;
}

}  // namespace genro::storage::python

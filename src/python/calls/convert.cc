// Giving bytes to Python without a copy ("adoption")
//
// A BytesBlock is one malloc: 32 bytes of header, the data, one NUL. A PyBytesObject on a 64-bit CPython is 32 bytes of
// header (reference count, type, size, hash), the data, one NUL. So a finished block that nobody else refers to becomes a
// `bytes` object by writing that header over its own. Python frees it by PyObject_Free; since the block lies in none of
// pymalloc's arenas this hands it to PyMem_RawFree, which is free(). Resizing in place takes the same way to realloc().
//
// That holds only if
//   1. the layout is that one (checked at compile time) and the interpreter has a GIL (a free-threaded build's objects are larger),
//   2. the memory allocators are the plain ones. PYTHONMALLOC=debug, `python -X dev` and tracemalloc put their own bytes around
//      each object: _PyMem_GetCurrentAllocatorName() then answers something else or null, and the data is copied.
//      tracemalloc may be started later: it ignores memory that it does not know, and passes it on to free().
//   3. the block is larger than what pymalloc itself serves (512 bytes). Below, a copy is cheaper anyway.
// Seen from outside, sys.getallocatedblocks() counts an adopted object when it is freed but not when it is made.
#include "python/calls/convert.h"

#include <dlfcn.h>

#include <cstddef>
#include <cstring>
#include <memory>

#include "python/calls/long_text.h"
#include "python/deferred.h"
#include "python/gil_pause.h"

namespace genro::storage::python {
namespace {

constexpr std::size_t kSmallest = 512;
constexpr std::size_t kLarge = 1U << 20;

#ifdef Py_GIL_DISABLED
constexpr bool kLayoutFits = false;
#else
constexpr bool kLayoutFits = offsetof(PyBytesObject, ob_sval) == BytesBlock::kHeaderSize;
#endif

using AllocatorName = const char* (*)();
AllocatorName allocator_name = nullptr;

/// A Python object whose memory the engine uses; its release is deferred to a thread with the GIL.
class Lent final : public Deferred {
 public:
  Lent(PyObject* object, std::size_t size) : object_(Ref::borrow(object)), size_(size) {}
  PyObject* object() const noexcept { return object_.get(); }
  std::size_t size() const noexcept { return size_; }
  static void give_back(void* lent) noexcept {
    auto* self = static_cast<Lent*>(lent);
    if (GilHeld::here()) {  // it is exactly a bytes or a str, so its end runs no code
      delete self;
    } else if (self->size_ >= kLarge) {
      release_soon(*self);
    } else {
      release_later(*self);
    }
  }

 private:
  Ref object_;
  std::size_t size_;
};

Bytes lend(PyObject* object, const void* data, Py_ssize_t length) {
  const auto size = static_cast<std::size_t>(length);
  auto lent = std::make_unique<Lent>(object, size);
  Bytes bytes = Bytes::view_of({static_cast<const std::byte*>(data), size}, lent.get(), &Lent::give_back);
  static_cast<void>(lent.release());  // the bytes own it now
  return bytes;
}

/// The object that these bytes are the whole content of, or null.
PyObject* lent_object(const Bytes& bytes) noexcept {
  const BytesBlock* block = bytes.block();
  if (!block || block->owned || block->release != &Lent::give_back) return nullptr;
  const auto* lent = static_cast<const Lent*>(block->foreign);
  return lent->size() == bytes.size() ? lent->object() : nullptr;
}

bool may_adopt() noexcept {
  if (!kLayoutFits || !allocator_name) return false;
  const char* name = allocator_name();
  return name && (std::strcmp(name, "pymalloc") == 0 || std::strcmp(name, "malloc") == 0);
}

PyObject* adopt(BytesBlock* block, std::size_t size) noexcept {
  auto* object = reinterpret_cast<PyBytesObject*>(block);
  block->~BytesBlock();
  PyObject_InitVar(&object->ob_base, &PyBytes_Type, static_cast<Py_ssize_t>(size));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  object->ob_shash = -1;
#pragma GCC diagnostic pop
  object->ob_sval[size] = '\0';
  return reinterpret_cast<PyObject*>(object);
}

/// Whether the block itself can become the object.
bool is_adoptable(const Bytes& bytes) noexcept {
  const BytesBlock* block = bytes.block();
  return bytes.size() > kSmallest && block && block->owned && block->references.load(std::memory_order_acquire) == 1 &&
         reinterpret_cast<const std::byte*>(block) + BytesBlock::kHeaderSize == bytes.data() && may_adopt();
}

PyObject* copied(const Bytes& bytes) {
  const auto size = static_cast<Py_ssize_t>(bytes.size());
  if (bytes.size() < kLong) return PyBytes_FromStringAndSize(reinterpret_cast<const char*>(bytes.data()), size);
  Ref copy = checked(PyBytes_FromStringAndSize(nullptr, size));
  char* const target = PyBytes_AS_STRING(copy.get());
  without_gil(bytes.size(), [&](std::size_t begin, std::size_t end) {
    std::memcpy(target + begin, bytes.data() + begin, end - begin);
  });
  return copy.release();
}

}  // namespace

void choose_adoption() noexcept {
  allocator_name = reinterpret_cast<AllocatorName>(dlsym(RTLD_DEFAULT, "_PyMem_GetCurrentAllocatorName"));
}

Bytes lend_bytes(PyObject* object) { return lend(object, PyBytes_AS_STRING(object), PyBytes_GET_SIZE(object)); }

Bytes lend_ascii(PyObject* object) { return lend(object, PyUnicode_1BYTE_DATA(object), PyUnicode_GET_LENGTH(object)); }

Bytes bytes_from(PyObject* object) {
  if (PyBytes_CheckExact(object)) return lend_bytes(object);
  Py_buffer view;
  if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) != 0) {
    if (PyErr_ExceptionMatches(PyExc_TypeError)) {
      PyErr_Format(PyExc_TypeError, "a bytes-like object is required, not '%.100s'", Py_TYPE(object)->tp_name);
    }
    throw ErrorIsSet();
  }
  const std::unique_ptr<Py_buffer, void (*)(Py_buffer*)> held(&view, &PyBuffer_Release);
  return Bytes::copy_of({static_cast<const std::byte*>(view.buf), static_cast<std::size_t>(view.len)});
}

Bytes encoded(PyObject* text, const std::string& encoding) {
  if (!PyUnicode_Check(text)) {
    PyErr_Format(PyExc_TypeError, "text must be str, not '%.100s'", Py_TYPE(text)->tp_name);
    throw ErrorIsSet();
  }
  if (names_utf8(encoding)) {
    if (PyUnicode_CheckExact(text) && PyUnicode_IS_COMPACT_ASCII(text)) return lend_ascii(text);
    return lend_bytes(checked(PyUnicode_AsUTF8String(text)).get());
  }
  return bytes_from(checked(PyUnicode_AsEncodedString(text, encoding.c_str(), "strict")).get());
}

PyObject* to_python(Bytes bytes) {
  if (PyObject* object = lent_object(bytes); object && PyBytes_CheckExact(object)) return Py_NewRef(object);
  if (!is_adoptable(bytes)) return copied(bytes);
  const std::size_t size = bytes.size();
  return adopt(bytes.detach(), size);
}

bool is_copied_to_python(const Bytes& bytes) noexcept {
  const PyObject* object = lent_object(bytes);
  return !(object && PyBytes_CheckExact(object)) && !is_adoptable(bytes);
}

bool is_decoded_anew(const Bytes& bytes) noexcept {
  const PyObject* object = lent_object(bytes);
  return !(object && PyUnicode_CheckExact(object));
}

PyObject* to_python(const std::string& text) {
  if (text.size() >= kLong) {
    if (Ref decoded = utf8_decoded(text)) return decoded.release();
  }
  return PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace");
}

PyObject* decoded(const Bytes& bytes, const std::string& encoding) {
  const auto* data = reinterpret_cast<const char*>(bytes.data());
  const auto size = static_cast<Py_ssize_t>(bytes.size());
  PyObject* const lent = names_utf8(encoding) ? lent_object(bytes) : nullptr;
  if (lent && PyUnicode_CheckExact(lent)) return Py_NewRef(lent);
  if (bytes.size() >= kLong) return long_decoded(bytes, encoding).release();
  if (!names_utf8(encoding)) return PyUnicode_Decode(data ? data : "", size, encoding.c_str(), "strict");
  return PyUnicode_DecodeUTF8(data ? data : "", size, "strict");
}

PyObject* name_to_python(std::string_view name) {
  return PyUnicode_DecodeUTF8(name.data() ? name.data() : "", static_cast<Py_ssize_t>(name.size()), "surrogateescape");
}

std::string name_from(PyObject* text, const char* what) {
  if (!PyUnicode_Check(text)) {
    PyErr_Format(PyExc_TypeError, "%s must be str, not '%.100s'", what, Py_TYPE(text)->tp_name);
    throw ErrorIsSet();
  }
  if (PyUnicode_IS_COMPACT_ASCII(text)) {
    return {reinterpret_cast<const char*>(PyUnicode_1BYTE_DATA(text)),
            static_cast<std::size_t>(PyUnicode_GET_LENGTH(text))};
  }
  const Ref raw = checked(PyUnicode_AsEncodedString(text, "utf-8", "surrogateescape"));
  return {PyBytes_AS_STRING(raw.get()), static_cast<std::size_t>(PyBytes_GET_SIZE(raw.get()))};
}

}  // namespace genro::storage::python

// Between Python objects and the engine's values. Bytes cross without a copy in both directions where CPython allows it.
// All functions need the GIL and throw ErrorIsSet after setting a Python error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "genro/storage/bytes.h"
#include "python/ref.h"

namespace genro::storage::python {

/// A Bytes that refers to the memory of a `bytes` or of an ASCII `str`, and keeps that object alive.
Bytes lend_bytes(PyObject* object);
Bytes lend_ascii(PyObject* object);
/// Content of any object with the buffer interface. `bytes` are lent; what can change later is copied now.
Bytes bytes_from(PyObject* object);
/// UTF-8 content of a str is lent when it is ASCII, else encoded; other encodings go through Python's codecs.
Bytes encoded(PyObject* text, const std::string& encoding);

/// The very `bytes` object that was lent, or the block itself made into one, or a copy. Making a long copy leaves the GIL to
/// others; so do the conversions of long texts.
PyObject* to_python(Bytes bytes);
/// Whether to_python() would have to copy them. Without the GIL.
bool is_copied_to_python(const Bytes& bytes) noexcept;
/// Whether decoded() has work to do for them: not where they are a str that was lent. Without the GIL.
bool is_decoded_anew(const Bytes& bytes) noexcept;
inline bool names_utf8(const std::string& encoding) {
  return encoding == "utf-8" || encoding == "utf8" || encoding == "UTF-8";
}
/// Text decoded by any of Python's codecs, strictly; newlines stay.
PyObject* decoded(const Bytes& bytes, const std::string& encoding);

/// File names are UTF-8 with surrogateescape, as in os.fsdecode: names that are not UTF-8 survive the way through Python.
PyObject* name_to_python(std::string_view name);
std::string name_from(PyObject* text, const char* what);

inline PyObject* to_python(bool value) { return Py_NewRef(value ? Py_True : Py_False); }
inline PyObject* to_python(double value) { return PyFloat_FromDouble(value); }
inline PyObject* to_python(std::uint64_t value) { return PyLong_FromUnsignedLongLong(value); }
/// What is no UTF-8 is replaced.
PyObject* to_python(const std::string& text);

/// Looks once at the interpreter's allocator; see the comment in convert.cc.
void choose_adoption() noexcept;

}  // namespace genro::storage::python

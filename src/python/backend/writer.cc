#include "python/backend/writer.h"

#include <algorithm>

#include "python/asyncio/python_call.h"
#include "python/backend/answers.h"
#include "python/calls/convert.h"
#include "python/enter.h"

namespace genro::storage::python {
namespace {

constexpr std::uint64_t kInOnePiece = std::uint64_t{16} << 20;  // larger contents are written through open()
constexpr std::uint64_t kPiece = std::uint64_t{1} << 20;

/// The end of a `with` block, with the error that is set if it failed.
void leave(PyObject* file, bool failed) {
  if (!failed) {
    call_method(file, "__exit__", {Py_None, Py_None, Py_None});
    return;
  }
  const Ref error = fetch_exception();
  PyObject* type = reinterpret_cast<PyObject*>(Py_TYPE(error.get()));
  Ref::steal(enter([&] { return PyObject_CallMethod(file, "__exit__", "OOO", type, error.get(), Py_None); }));
  PyErr_Clear();
  PyErr_SetObject(type, error.get());
  throw ErrorIsSet();
}

void write_streamed(PyObject* backend, const std::string& path, const Body& body) {
  const Ref name = checked(name_to_python(path));
  const Ref mode = checked(PyUnicode_FromString("wb"));
  const Ref file = call_method(backend, "open", {name.get(), mode.get()});
  const Ref entered = call_method(file.get(), "__enter__", {});
  bool written = true;
  for (std::uint64_t at = 0; at < body.size() && written; at += kPiece) {
    const Bytes piece = body.slice(at, std::min(kPiece, body.size() - at)).flatten();
    const Ref data = checked(to_python(piece));
    written = static_cast<bool>(
        Ref::steal(enter([&] { return PyObject_CallMethod(entered.get(), "write", "O", data.get()); })));
  }
  leave(file.get(), !written);
  const std::uint64_t stored = size_from(call_method(backend, "size", {name.get()}).get());
  if (stored == body.size()) return;
  throw Error(ErrorCode::corrupt, "write", path,
              "the backend stored " + std::to_string(stored) + " of " + std::to_string(body.size()) + " bytes");
}

}  // namespace

Entry write_in_python(const PyHandle& backend, const std::string& path, const Body& body) {
  Entry entry;
  if (body.size() <= kInOnePiece) {
    const Bytes content = body.flatten();
    entry = in_python("write", path, [&] {
      const Ref name = checked(name_to_python(path));
      const Ref data = checked(to_python(content));
      return stored_entry(call_method(backend->get(), "write_bytes", {name.get(), data.get()}).get(), path);
    });
  } else {
    in_python("write", path, [&] { write_streamed(backend->get(), path, body); });
    entry.path = path;
  }
  entry.size = body.size();
  return entry;
}

}  // namespace genro::storage::python

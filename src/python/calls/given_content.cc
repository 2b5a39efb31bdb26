#include "python/calls/given_content.h"

#include <optional>
#include <utility>

#include "backend/body_bytes.h"
#include "genro/storage/error.h"
#include "loop/offload.h"
#include "python/calls/convert.h"
#include "python/calls/long_text.h"
#include "python/deferred.h"
#include "python/exceptions.h"
#include "python/gil_pause.h"

namespace genro::storage::python {

/// An exported buffer, or a text and its encoding.
struct GivenContent::Later final : Deferred {
  explicit Later(const Py_buffer& exported) : view(exported) {}
  Later(PyObject* str, std::string name) : text(Ref::borrow(str)), encoding(std::move(name)) {}
  ~Later() override {
    if (view.obj) PyBuffer_Release(&view);
  }
  Py_buffer view{};
  Ref text;
  std::string encoding;
};

namespace {

template <class Later>
std::shared_ptr<const Later> kept(Later* later) {
  return {later, [](Later* last) { release_soon(*last); }};
}

}  // namespace

GivenContent GivenContent::of_buffer(PyObject* object) {
  if (PyBytes_CheckExact(object) || !PyObject_CheckBuffer(object)) return GivenContent(bytes_from(object));
  Py_buffer view;
  if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) != 0) throw ErrorIsSet();
  if (static_cast<std::size_t>(view.len) >= kLong) return GivenContent(kept(new Later(view)));
  PyBuffer_Release(&view);
  return GivenContent(bytes_from(object));
}

GivenContent GivenContent::of_text(PyObject* text, const std::string& encoding) {
  const bool is_lent = PyUnicode_CheckExact(text) && PyUnicode_IS_COMPACT_ASCII(text) && names_utf8(encoding);
  const bool is_long = PyUnicode_Check(text) && static_cast<std::size_t>(PyUnicode_GET_LENGTH(text)) >= kLong;
  if (is_lent || !is_long) return GivenContent(encoded(text, encoding));
  return GivenContent(kept(new Later(text, encoding)));
}

std::size_t GivenContent::size() const noexcept {
  return later_ ? static_cast<std::size_t>(later_->view.len) : bytes_.size();
}

Task<Bytes> GivenContent::make() { return made(std::exchange(later_, nullptr)); }

Task<Bytes> GivenContent::made(std::shared_ptr<const Later> later) {
  if (later->view.obj) {
    const Py_buffer& view = later->view;
    Task<Bytes> copying = copied({static_cast<const std::byte*>(view.buf), static_cast<std::size_t>(view.len)});
    co_return co_await copying;
  }
  auto encoding = offload([&later]() -> Bytes {
    const GilHold gil;
    if (!gil) throw Error(ErrorCode::cancelled, "the interpreter is exiting");
    try {
      return long_encoded(later->text.get(), later->encoding);
    } catch (const ErrorIsSet&) {
      throw PythonError::take();
    }
  });
  co_return co_await encoding;
}

}  // namespace genro::storage::python

#include "python/asyncio/text_joining.h"

#include <cstddef>
#include <utility>
#include <vector>

#include "python/asyncio/dual.h"
#include "python/calls/long_text.h"
#include "python/gil_pause.h"

namespace genro::storage::python {
namespace {

struct Joining {
  std::vector<Ref> texts;
  std::size_t length = 0;
  Task<std::size_t> task() const { return storage::ready(length); }
  PyObject* value(std::size_t) { return joined_texts(texts).release(); }
  bool heavy(std::size_t) const { return length >= kLong; }
  bool quick() const { return true; }
};

}  // namespace

PyObject* join_texts(PyObject*, PyObject* texts) noexcept {
  const auto make = [texts] {
    Joining operation;
    const Ref items = checked(PySequence_Fast(texts, "texts are a list"));
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(items.get()); ++i) {
      PyObject* const text = PySequence_Fast_GET_ITEM(items.get(), i);
      if (!PyUnicode_CheckExact(text)) {
        PyErr_SetString(PyExc_TypeError, "texts are str");
        throw ErrorIsSet();
      }
      operation.texts.push_back(Ref::borrow(text));
      operation.length += static_cast<std::size_t>(PyUnicode_GET_LENGTH(text));
    }
    return operation;
  };
  return dual("joined_texts", make, CallMode::async);
}

}  // namespace genro::storage::python

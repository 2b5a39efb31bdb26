#include "callbacks.h"

#include <array>
#include <string>
#include <utility>

#include "convert.h"
#include "exceptions.h"
#include "genro/storage/error.h"
#include "gil.h"
#include "in_context.h"
#include "kept.h"
#include "node_object.h"

namespace genro::storage::python {
namespace {

bool given(PyObject* argument) { return argument && argument != Py_None; }

/// One callback and the node that stands behind it.
class Callback {
 public:
  Callback(PyObject* self, PyObject* function)
      : self_(keep(Ref::borrow(self))),
        function_(keep(Ref::borrow(function))),
        context_(keep(checked(PyContext_CopyCurrent()))) {}

  /// Calls it with the GIL; `arguments(self)` makes a tuple, `answer(result)` reads the result.
  template <class Arguments, class Answer>
  auto operator()(Arguments arguments, Answer answer) const {
    const GilHold gil;
    if (!gil) throw Error(ErrorCode::cancelled, "the interpreter is exiting");
    try {
      const InContext context(gil.foreign() ? context_->get() : nullptr);
      const Ref tuple = checked(arguments(self_->get()));
      return answer(checked(PyObject_CallObject(function_->get(), tuple.get())).get());
    } catch (const ErrorIsSet&) {
      throw PythonError::take();
    }
  }

 private:
  Kept self_;
  Kept function_;
  Kept context_;  // of the call of copy_to
};

bool truth(PyObject* result) {
  const int answer = PyObject_IsTrue(result);
  if (answer < 0) throw ErrorIsSet();
  return answer != 0;
}
void nothing(PyObject*) {}

PyObject* node_and_text(PyObject* self, const Node& node, const std::string& text) {
  return PyTuple_Pack(2, derive_node(self, node).get(), checked(name_to_python(text)).get());
}

std::vector<std::string> patterns_from(PyObject* argument, const char* what) {
  std::vector<std::string> patterns;
  if (!given(argument)) return patterns;
  if (PyUnicode_Check(argument)) return {name_from(argument, what)};
  const Ref items = checked(PySequence_Fast(argument, "include and exclude take a pattern or an iterable of patterns"));
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(items.get()); ++i) {
    patterns.push_back(name_from(PySequence_Fast_GET_ITEM(items.get(), i), what));
  }
  return patterns;
}

Skip skip_from(PyObject* argument) {
  if (!given(argument)) return Skip::never;
  const std::string text = name_from(argument, "skip");  // SkipStrategy members are strings
  constexpr std::array<std::string_view, 5> names = {"never", "exists", "size", "hash", "custom"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (text == names[i]) return static_cast<Skip>(i);
  }
  PyErr_Format(PyExc_ValueError, "unknown skip strategy '%s' (use never, exists, size, hash or custom)", text.c_str());
  throw ErrorIsSet();
}

}  // namespace

CopyOptions copy_options(PyObject* self, const CopyArguments& arguments) {
  for (PyObject* function :
       {arguments.filter, arguments.skip_fn, arguments.progress, arguments.on_file, arguments.on_skip}) {
    if (given(function) && !PyCallable_Check(function)) {
      PyErr_Format(PyExc_TypeError, "'%.100s' object is not callable", Py_TYPE(function)->tp_name);
      throw ErrorIsSet();
    }
  }
  CopyOptions options;
  options.include = patterns_from(arguments.include, "include");
  options.exclude = patterns_from(arguments.exclude, "exclude");
  options.skip = skip_from(arguments.skip);
  if (given(arguments.filter)) {
    options.filter = [call = Callback(self, arguments.filter)](const Node& node, const std::string& path) {
      return call([&](PyObject* owner) { return node_and_text(owner, node, path); }, &truth);
    };
  }
  if (given(arguments.skip_fn)) {
    options.skip_fn = [call = Callback(self, arguments.skip_fn)](const Node& source, const Node& target) {
      return call(
          [&](PyObject* owner) {
            return PyTuple_Pack(2, derive_node(owner, source).get(), wrap_node(manager_of(owner), target).get());
          },
          &truth);
    };
  }
  if (given(arguments.progress)) {
    options.progress = [call = Callback(self, arguments.progress)](std::uint64_t done, std::uint64_t total) {
      call(
          [&](PyObject*) {
            return Py_BuildValue("KK", static_cast<unsigned long long>(done), static_cast<unsigned long long>(total));
          },
          &nothing);
    };
  }
  if (given(arguments.on_file)) {
    options.on_file = [call = Callback(self, arguments.on_file)](const Node& source) {
      call([&](PyObject* owner) { return PyTuple_Pack(1, derive_node(owner, source).get()); }, &nothing);
    };
  }
  if (given(arguments.on_skip)) {
    options.on_skip = [call = Callback(self, arguments.on_skip)](const Node& source, const std::string& reason) {
      call([&](PyObject* owner) { return node_and_text(owner, source, reason); }, &nothing);
    };
  }
  return options;
}

}  // namespace genro::storage::python

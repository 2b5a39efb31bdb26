#include "python/types/callbacks.h"

#include <array>
#include <string>
#include <utility>

#include "genro/storage/error.h"
#include "python/asyncio/values_only.h"
#include "python/calls/arguments.h"
#include "python/calls/convert.h"
#include "python/calls/in_context.h"
#include "python/enter.h"
#include "python/exceptions.h"
#include "python/gil.h"
#include "python/py_handle.h"
#include "python/types/node_object.h"

namespace genro::storage::python {
namespace {

/// Whether calling it gives a coroutine: a function made by `async def`, or something that stands for one.
bool is_async_function(PyObject* object) {
  constexpr int kAsync = CO_COROUTINE | CO_ITERABLE_COROUTINE | CO_ASYNC_GENERATOR;
  Ref held = Ref::borrow(object);
  for (int depth = 0; held && depth < 16; ++depth) {
    if (PyMethod_Check(held.get())) held = Ref::borrow(PyMethod_GET_FUNCTION(held.get()));
    if (PyFunction_Check(held.get())) {
      return (reinterpret_cast<PyCodeObject*>(PyFunction_GET_CODE(held.get()))->co_flags & kAsync) != 0;
    }
    Ref inner;  // of a functools.partial, else the class's __call__
    if (PyObject_HasAttrString(held.get(), "keywords")) inner = Ref::steal(PyObject_GetAttrString(held.get(), "func"));
    if (!inner && !PyType_Check(held.get()) && !PyCFunction_Check(held.get())) {
      PyErr_Clear();
      auto* type = reinterpret_cast<PyObject*>(Py_TYPE(held.get()));
      inner = Ref::steal(PyObject_GetAttrString(type, "__call__"));
    }
    PyErr_Clear();
    held = std::move(inner);
  }
  return false;
}

void require_callback(PyObject* function, const char* name) {
  if (!given(function)) return;
  if (!PyCallable_Check(function)) {
    PyErr_Format(PyExc_TypeError, "%s: '%.100s' object is not callable", name, Py_TYPE(function)->tp_name);
    throw ErrorIsSet();
  }
  if (is_async_function(function)) {
    PyErr_Format(PyExc_TypeError, "%s must be a plain function: nobody would await an async one", name);
    throw ErrorIsSet();
  }
}

/// What a callback gave must be its answer, not the promise of one.
void require_answer(PyObject* result) {
  const PyAsyncMethods* methods = Py_TYPE(result)->tp_as_async;
  if (!methods || !methods->am_await) return;
  Ref::steal(PyObject_CallMethod(result, "close", nullptr));  // else Python warns that it was never awaited
  PyErr_Clear();
  PyErr_SetString(PyExc_TypeError,
                  "a callback of a copy must be a plain function: nobody awaits what an async one gives");
  throw ErrorIsSet();
}

/// One callback and the node that stands behind it.
class Callback {
 public:
  Callback(PyObject* self, PyObject* function)
      : self_(hold(Ref::borrow(self))),
        function_(hold(Ref::borrow(function))),
        context_(hold(checked(PyContext_CopyCurrent()))) {}

  /// Calls it with the GIL; `arguments(self)` makes a tuple, `answer(result)` reads the result.
  template <class Arguments, class Answer>
  auto operator()(Arguments arguments, Answer answer) const {
    const GilHold gil;
    if (!gil) throw Error(ErrorCode::cancelled, "the interpreter is exiting");
    try {
      const InContext context(gil.foreign() ? context_->get() : nullptr);
      const ValuesOnly values;  // nobody awaits what a plain function is given
      const Ref tuple = checked(arguments(self_->get()));
      const Ref result = checked(enter([&] { return PyObject_CallObject(function_->get(), tuple.get()); }));
      require_answer(result.get());
      return answer(result.get());
    } catch (const ErrorIsSet&) {
      PythonError::take().raise();
    }
  }

 private:
  PyHandle self_;
  PyHandle function_;
  PyHandle context_;  // of the call of copy_to
};

bool truth(PyObject* result) {
  const int answer = enter([result] { return PyObject_IsTrue(result); });
  if (answer < 0) throw ErrorIsSet();
  return answer != 0;
}
void ignore_answer(PyObject*) {}

PyObject* node_and_text(PyObject* self, const Node& node, const std::string& text) {
  return PyTuple_Pack(2, derive_node(self, node).get(), checked(name_to_python(text)).get());
}

std::vector<std::string> patterns_from(PyObject* argument, const char* what) {
  std::vector<std::string> patterns;
  if (!given(argument)) return patterns;
  if (PyUnicode_Check(argument)) {
    if (PyUnicode_GET_LENGTH(argument) != 0) patterns.push_back(name_from(argument, what));
    return patterns;
  }
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

/// A function given as the strategy is the custom one.
void take_function(CopyArguments& arguments) {
  if (given(arguments.skip_fn)) {
    PyErr_SetString(PyExc_ValueError, "skip is a function already: skip_fn would be a second one");
    throw ErrorIsSet();
  }
  static PyObject* const custom = PyUnicode_InternFromString("custom");
  arguments.skip_fn = std::exchange(arguments.skip, custom);
}

/// on_error, or the package's own way to report: its log.
OnCopyError error_callback(PyObject* self, PyObject* function) {
  Ref reporter = given(function) ? Ref::borrow(function) : Ref();
  if (!reporter) {
    const Ref module = Ref::steal(PyImport_ImportModule("genro_storage._copy_log"));
    if (!module && interpreter_is_exiting()) {  // in a finalizer: nothing can be imported any more, nor logged
      PyErr_Clear();
      return {};
    }
    if (!module) throw ErrorIsSet();
    reporter = checked(PyObject_GetAttrString(module.get(), "log_copy_error"));
  }
  return [call = Callback(self, reporter.get())](const Node& node, std::exception_ptr error) {
    call(
        [&](PyObject* owner) {
          const Ref source = derive_node(owner, node);
          set_error(error);
          const Ref exception = fetch_exception();
          return PyTuple_Pack(2, source.get(), exception.get());
        },
        &ignore_answer);
  };
}

}  // namespace

MoveOptions move_options(PyObject* self, PyObject* on_error) {
  require_callback(on_error, "on_error");
  MoveOptions options;
  options.on_error = error_callback(self, on_error);
  return options;
}

CopyOptions copy_options(PyObject* self, const CopyArguments& given_arguments) {
  CopyArguments arguments = given_arguments;
  if (given(arguments.skip) && PyCallable_Check(arguments.skip)) take_function(arguments);
  require_callback(arguments.filter, "filter");
  require_callback(arguments.skip_fn, "skip_fn");
  require_callback(arguments.progress, "progress");
  require_callback(arguments.on_file, "on_file");
  require_callback(arguments.on_skip, "on_skip");
  require_callback(arguments.on_error, "on_error");
  CopyOptions options;
  options.glob = flag(arguments.glob, false);
  options.on_error = error_callback(self, arguments.on_error);
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
          &ignore_answer);
    };
  }
  if (given(arguments.on_file)) {
    options.on_file = [call = Callback(self, arguments.on_file)](const Node& source) {
      call([&](PyObject* owner) { return PyTuple_Pack(1, derive_node(owner, source).get()); }, &ignore_answer);
    };
  }
  if (given(arguments.on_skip)) {
    options.on_skip = [call = Callback(self, arguments.on_skip)](const Node& source, const std::string& reason) {
      call([&](PyObject* owner) { return node_and_text(owner, source, reason); }, &ignore_answer);
    };
  }
  return options;
}

}  // namespace genro::storage::python

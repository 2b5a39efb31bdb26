#include "python/asyncio/io_turns.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "python/asyncio/object_turns.h"
#include "python/calls/arguments.h"
#include "python/enter.h"
#include "python/exceptions.h"

namespace genro::storage::python {
namespace {

struct TextIo {
  static constexpr const char* kBase = "TextIOWrapper";
  static constexpr const char* kName = "genro_storage._core.TextTurns";
  static constexpr std::array kMethods = {"read",     "readline", "write", "seek",        "tell",
                                          "truncate", "flush",    "close", "reconfigure", "detach"};
};
struct ReaderIo {
  static constexpr const char* kBase = "BufferedReader";
  static constexpr const char* kName = "genro_storage._core.ReaderTurns";
  static constexpr std::array kMethods = {"read", "read1", "readinto", "readinto1", "readline",
                                          "peek", "seek",  "tell",     "close",     "detach"};
};
struct WriterIo {
  static constexpr const char* kBase = "BufferedWriter";
  static constexpr const char* kName = "genro_storage._core.WriterTurns";
  static constexpr std::array kMethods = {"write", "seek", "tell", "truncate", "flush", "close", "detach"};
};
struct UpdaterIo {
  static constexpr const char* kBase = "BufferedRandom";
  static constexpr const char* kName = "genro_storage._core.UpdaterTurns";
  static constexpr std::array kMethods = {"read", "read1",    "readinto", "readinto1", "readline", "peek",  "write",
                                          "seek", "truncate", "tell",     "flush",     "close",    "detach"};
};

/// What a class has of its base; kept for good.
template <class Io>
struct Base {
  static inline PyTypeObject* type = nullptr;
  static inline std::array<PyObject*, Io::kMethods.size()> methods{};
};

constexpr std::size_t kMostArguments = 6;

template <class Io, std::size_t Index>
PyObject* method(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return guarded([&]() -> PyObject* {
    const auto given = static_cast<std::size_t>(count + (keywords ? PyTuple_GET_SIZE(keywords) : 0));
    if (given > kMostArguments) return PyErr_Format(PyExc_TypeError, "%s: too many arguments", Io::kMethods[Index]);
    std::array<PyObject*, kMostArguments + 1> all{self};
    std::copy_n(args, given, all.begin() + 1);
    const ObjectTurn turn(self);
    return enter([&] {
      return PyObject_Vectorcall(Base<Io>::methods[Index], all.data(), static_cast<std::size_t>(count) + 1, keywords);
    });
  });
}

template <class Io>
PyObject* next(PyObject* self) {
  return guarded([self] {
    const ObjectTurn turn(self);
    return enter([self] { return Base<Io>::type->tp_iternext(self); });
  });
}

template <class Io, std::size_t... Index>
PyMethodDef* methods_of(std::index_sequence<Index...>) {
  static std::array<PyMethodDef, sizeof...(Index) + 1> table = {
      PyMethodDef{Io::kMethods[Index], as_method(&method<Io, Index>), METH_FASTCALL | METH_KEYWORDS, nullptr}...,
      PyMethodDef{nullptr, nullptr, 0, nullptr}};
  return table.data();
}

template <class Io>
void add(PyObject* module, PyObject* io) {
  const Ref base = checked(PyObject_GetAttrString(io, Io::kBase));
  Base<Io>::type = reinterpret_cast<PyTypeObject*>(Py_NewRef(base.get()));
  for (std::size_t i = 0; i < Io::kMethods.size(); ++i) {
    Base<Io>::methods[i] = checked(PyObject_GetAttrString(base.get(), Io::kMethods[i])).release();
  }
  static PyType_Slot slots[] = {{Py_tp_methods, methods_of<Io>(std::make_index_sequence<Io::kMethods.size()>())},
                                {Py_tp_iternext, reinterpret_cast<void*>(&next<Io>)},
                                {0, nullptr}};
  static PyType_Spec spec = {Io::kName, 0, 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
  const Ref made = checked(PyType_FromSpecWithBases(&spec, base.get()));
  if (PyModule_AddType(module, reinterpret_cast<PyTypeObject*>(made.get())) != 0) throw ErrorIsSet();
}

PyObject* in_turn(PyObject*, PyObject* const* args, Py_ssize_t count) {
  return guarded([&]() -> PyObject* {
    if (count < 2) return PyErr_Format(PyExc_TypeError, "in_turn expected an object and a function");
    const ObjectTurn turn(args[0]);
    return enter([&] { return PyObject_Vectorcall(args[1], args + 2, static_cast<std::size_t>(count) - 2, nullptr); });
  });
}
PyMethodDef turn_functions[] = {
    {"in_turn", as_method(&in_turn), METH_FASTCALL,
     PyDoc_STR("in_turn(object, function, /, *args)\n--\n\nCall the function as one of the object's turns.")},
    {nullptr, nullptr, 0, nullptr}};

}  // namespace

bool add_io_turns(PyObject* module) {
  const Ref added = Ref::steal(guarded([module]() -> PyObject* {
    const Ref io = checked(PyImport_ImportModule("io"));
    add<TextIo>(module, io.get());
    add<ReaderIo>(module, io.get());
    add<WriterIo>(module, io.get());
    add<UpdaterIo>(module, io.get());
    if (PyModule_AddFunctions(module, turn_functions) != 0) throw ErrorIsSet();
    return Py_NewRef(Py_None);
  }));
  return static_cast<bool>(added);
}

}  // namespace genro::storage::python

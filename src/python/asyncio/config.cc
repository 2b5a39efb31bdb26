#include "python/asyncio/config.h"

#include <string>

#include "genro/storage/error.h"
#include "loop/offload.h"
#include "python/asyncio/values_only.h"
#include "python/calls/convert.h"
#include "python/calls/in_context.h"
#include "python/enter.h"
#include "python/exceptions.h"
#include "python/gil.h"
#include "python/py_handle.h"

namespace genro::storage::python {
namespace {

ConfigMap map_from(PyObject* dict, const std::string& place);

/// A local mount's callable base: asked for every operation, on whatever thread that runs.
std::string resolve_base(const PyHandle& callable, bool takes_prefix, const std::string& prefix) {
  const GilHold gil;
  if (!gil) throw Error(ErrorCode::cancelled, "the interpreter is exiting");
  try {
    auto* caller = static_cast<PyObject*>(const_cast<void*>(caller_context()));
    const InContext context(gil.foreign() ? caller : nullptr);
    const ValuesOnly values;  // also for a property, which the loop's own thread answers
    const Ref argument = takes_prefix ? checked(name_to_python(prefix)) : Ref();
    const Ref base = checked(enter([&] {
      return takes_prefix ? PyObject_CallOneArg(callable->get(), argument.get()) : PyObject_CallNoArgs(callable->get());
    }));
    const Ref path = checked(enter([&] { return PyOS_FSPath(base.get()); }));
    return name_from(path.get(), "a callable's base path");
  } catch (const ErrorIsSet&) {
    PythonError::take().raise();
  }
}

BaseResolver resolver_from(PyObject* callable) {
  const Ref module = checked(PyImport_ImportModule("genro_storage._callable_base"));
  const Ref answer = checked(PyObject_CallMethod(module.get(), "takes_prefix", "O", callable));
  const bool takes_prefix = answer.get() == Py_True;
  contexts_are_wanted.store(true, std::memory_order_relaxed);
  return {[held = hold(Ref::borrow(callable)), takes_prefix](const std::string& prefix) {
            return resolve_base(held, takes_prefix, prefix);
          },
          takes_prefix};
}

ConfigValue value_from(PyObject* object, const std::string& place) {
  if (object == Py_None) return {};
  if (PyBool_Check(object)) return object == Py_True;
  if (PyUnicode_Check(object)) return name_from(object, place.c_str());
  if (PyFloat_Check(object)) return PyFloat_AS_DOUBLE(object);
  if (PyDict_Check(object)) return map_from(object, place);
  if (PyLong_Check(object)) {
    const long long number = PyLong_AsLongLong(object);
    if (number == -1 && PyErr_Occurred()) throw ErrorIsSet();
    return static_cast<std::int64_t>(number);
  }
  if (PyList_Check(object) || PyTuple_Check(object)) {
    ConfigList list;
    const Ref items = checked(PySequence_Fast(object, ""));
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(items.get()); ++i) {
      list.push_back(value_from(PySequence_Fast_GET_ITEM(items.get(), i), place));
    }
    return list;
  }
  if (PyObject_HasAttrString(object, "__fspath__")) return name_from(checked(PyOS_FSPath(object)).get(), place.c_str());
  if (PyCallable_Check(object)) return resolver_from(object);
  throw Error(ErrorCode::config, place + ": a value of type '" + Py_TYPE(object)->tp_name + "' has no meaning here");
}

ConfigMap map_from(PyObject* dict, const std::string& place) {
  ConfigMap map;
  PyObject* key = nullptr;
  PyObject* value = nullptr;
  Py_ssize_t position = 0;
  while (PyDict_Next(dict, &position, &key, &value)) {
    std::string name = name_from(key, "a configuration key");
    ConfigValue converted = value_from(value, place.empty() ? name : place + ", " + name);
    map.emplace_back(std::move(name), std::move(converted));
  }
  return map;
}

}  // namespace

MountConfig mount_config_from(PyObject* dict) {
  if (!PyDict_Check(dict)) {
    PyErr_Format(error_class(ErrorClass::config_type), "a mount must be a dict, not '%.100s'", Py_TYPE(dict)->tp_name);
    throw ErrorIsSet();
  }
  PyObject* name = PyDict_GetItemString(dict, "name");
  std::string place;
  if (name && PyUnicode_Check(name)) place = "mount '" + name_from(name, "name") + "'";
  return map_from(dict, place);
}

PyObject* config_value_to_python(const ConfigValue& value) {
  const ConfigValue::Variant& inside = value.get();
  if (const auto* text = std::get_if<std::string>(&inside)) return name_to_python(*text);
  if (const auto* flag = std::get_if<bool>(&inside)) return to_python(*flag);
  if (const auto* integer = std::get_if<std::int64_t>(&inside)) return PyLong_FromLongLong(*integer);
  if (const auto* number = std::get_if<double>(&inside)) return to_python(*number);
  if (const auto* list = std::get_if<ConfigList>(&inside)) {
    Ref items = checked(PyList_New(0));
    for (const ConfigValue& item : *list) {
      if (PyList_Append(items.get(), checked(config_value_to_python(item)).get()) != 0) throw ErrorIsSet();
    }
    return items.release();
  }
  if (const auto* map = std::get_if<ConfigMap>(&inside)) {
    Ref items = checked(PyDict_New());
    for (const auto& [name, item] : *map) {
      const Ref key = checked(name_to_python(name));
      if (PyDict_SetItem(items.get(), key.get(), checked(config_value_to_python(item)).get()) != 0) throw ErrorIsSet();
    }
    return items.release();
  }
  if (std::holds_alternative<BaseResolver>(inside)) throw Error(ErrorCode::config, "a function has no meaning here");
  return Py_NewRef(Py_None);
}

}  // namespace genro::storage::python

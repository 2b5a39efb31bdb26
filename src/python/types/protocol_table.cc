#include "python/types/protocol_table.h"

#include <span>
#include <string>

#include "backends/protocols.h"
#include "genro/storage/manager.h"
#include "manager/mount_keys.h"
#include "python/calls/convert.h"
#include "python/exceptions.h"
#include "python/ref.h"

namespace genro::storage::python {
namespace {

const char* word(OptionType type) noexcept {
  switch (type) {
    case OptionType::text: return "text";
    case OptionType::flag: return "flag";
    case OptionType::integer: return "integer";
    case OptionType::number: return "number";
    case OptionType::map: return "map";
    case OptionType::folder: return "folder";
    case OptionType::flag_or_text: return "flag_or_text";
    case OptionType::any: break;
  }
  return "any";
}

/// `value`: a new reference, or null with an error set.
void put(PyObject* dict, const char* key, PyObject* value) {
  if (PyDict_SetItemString(dict, key, checked(value).get()) != 0) throw ErrorIsSet();
}

PyObject* text(std::string_view value) { return to_python(std::string(value)); }

Ref options_to(std::span<const OptionSpec> options) {
  Ref list = checked(PyList_New(0));
  for (const OptionSpec& option : options) {
    const Ref dict = checked(PyDict_New());
    put(dict.get(), "name", text(option.name));
    put(dict.get(), "alias", text(option.alias));
    put(dict.get(), "type", text(word(option.type)));
    put(dict.get(), "required", to_python(option.required));
    put(dict.get(), "secret", to_python(option.secret));
    put(dict.get(), "place", to_python(option.place));
    put(dict.get(), "choices", text(option.choices));
    put(dict.get(), "otherwise", text(option.otherwise));
    put(dict.get(), "help", text(option.help));
    if (PyList_Append(list.get(), dict.get()) != 0) throw ErrorIsSet();
  }
  return list;
}

/// _protocols() -> the options of every mount, those of a relative mount, and the protocols, each with its own.
PyObject* protocols(PyObject*, PyObject*) {
  return guarded([&]() -> PyObject* {
    const Ref list = checked(PyList_New(0));
    for (const Protocol* protocol : all_protocols()) {
      const Ref dict = checked(PyDict_New());
      put(dict.get(), "name", text(protocol->name));
      put(dict.get(), "summary", text(protocol->summary));
      put(dict.get(), "available", to_python(is_available(*protocol)));
      put(dict.get(), "options", options_to(protocol->options).release());
      if (PyList_Append(list.get(), dict.get()) != 0) throw ErrorIsSet();
    }
    const Ref common = options_to(kCommonOptions);
    const Ref relative = options_to(kRelativeOptions);
    return Py_BuildValue("OOO", common.get(), relative.get(), list.get());
  });
}

PyObject* load_backend(PyObject*, PyObject* file) {
  return guarded([&] { return to_python(StorageManager::load_backend(name_from(file, "file"))); });
}

PyMethodDef functions[] = {{"_protocols", protocols, METH_NOARGS, nullptr},
                           {"_load_backend", load_backend, METH_O, nullptr},
                           {nullptr, nullptr, 0, nullptr}};

}  // namespace

bool add_protocol_table(PyObject* module) { return PyModule_AddFunctions(module, functions) == 0; }

}  // namespace genro::storage::python

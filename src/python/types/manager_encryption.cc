#include "python/types/manager_encryption.h"

#include <string>
#include <utility>
#include <variant>

#include "genro/storage/manager.h"
#include "python/asyncio/dual.h"
#include "python/calls/arguments.h"
#include "python/calls/convert.h"
#include "python/types/manager.h"

namespace genro::storage::python {
namespace {

StorageManager& manager_of(PyObject* self) { return reinterpret_cast<ManagerObject*>(self)->manager; }

PyObject* set_encryption_keys(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return guarded([&]() -> PyObject* {
    static const Signature<1> signature("set_encryption_keys", 1, 1, {"keys"});
    const auto [keys] = signature.bind(args, count, keywords);
    manager_of(self).set_encryption_keys(keys == Py_None ? std::string_view() : material_from(keys));
    Py_RETURN_NONE;
  });
}

PyObject* mount_default_encrypted(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return guarded([&] {
    static const Signature<1> signature("mount_default_encrypted", 1, 1, {"name"});
    const auto [name] = signature.bind(args, count, keywords);
    if (!PyUnicode_Check(name)) return to_python(false);
    return to_python(manager_of(self).mount_default_encrypted(name_from(name, "name")));
  });
}

constexpr std::size_t kQuick = 4096;  // bytes that are worked on with the GIL held

struct Encrypt {
  StorageManager& manager;
  Ref self;
  Bytes data;
  std::optional<std::string> domain;
  Task<Bytes> task() { return manager.encrypt(std::move(data), std::move(domain)); }
  PyObject* value(Bytes encrypted) { return to_python(std::move(encrypted)); }
  bool quick() const { return data.size() <= kQuick; }
};

PyObject* encrypt(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return dual("StorageManager.encrypt", [&] {
    static const Signature<2> signature("encrypt", 1, 2, {"data", "domain"});
    const auto [data, domain] = signature.bind(args, count, keywords);
    if (!PyBytes_Check(data)) {
      PyErr_Format(PyExc_TypeError, "data must be bytes, not '%.100s'", Py_TYPE(data)->tp_name);
      throw ErrorIsSet();
    }
    Encrypt operation{manager_of(self), Ref::borrow(self), bytes_from(data), {}};
    if (domain && domain != Py_None) operation.domain = name_from(domain, "domain");
    return operation;
  });
}

struct Decrypt {
  StorageManager& manager;
  Ref self;
  Bytes data;
  Task<Bytes> task() { return manager.decrypt(std::move(data)); }
  PyObject* value(Bytes plain) { return to_python(std::move(plain)); }
  bool quick() const { return data.size() <= kQuick; }
};

PyObject* decrypt(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return dual("StorageManager.decrypt", [&] {
    static const Signature<1> signature("decrypt", 1, 1, {"data"});
    const auto [data] = signature.bind(args, count, keywords);
    return Decrypt{manager_of(self), Ref::borrow(self), bytes_from(data)};
  });
}

PyObject* encryption_active(PyObject* self, void*) { return to_python(manager_of(self).encryption_active()); }

PyObject* encryption_domains(PyObject* self, void*) {
  return guarded([&] {
    Ref list = checked(PyList_New(0));
    for (const std::string& domain : manager_of(self).encryption_domains()) {
      if (PyList_Append(list.get(), checked(to_python(domain)).get()) != 0) throw ErrorIsSet();
    }
    return list.release();
  });
}

constexpr int kFast = METH_FASTCALL | METH_KEYWORDS;

}  // namespace

std::optional<Encrypted> encrypted_from(PyObject* argument) {
  if (!argument || argument == Py_None) return std::nullopt;
  if (PyBool_Check(argument)) return Encrypted(argument == Py_True);
  if (PyUnicode_Check(argument)) return Encrypted(name_from(argument, "encrypted"));
  PyErr_Format(PyExc_TypeError, "encrypted must be True, False, a domain or None, not '%.100s'",
               Py_TYPE(argument)->tp_name);
  throw ErrorIsSet();
}

PyObject* to_python(const Encrypted& encrypted) {
  const std::string* domain = std::get_if<std::string>(&encrypted);
  return domain ? to_python(*domain) : to_python(std::get<bool>(encrypted));
}

std::string_view material_from(PyObject* text) {
  if (!PyUnicode_Check(text)) {
    PyErr_Format(PyExc_TypeError, "encryption keys must be str, not '%.100s'", Py_TYPE(text)->tp_name);
    throw ErrorIsSet();
  }
  Py_ssize_t size = 0;
  const char* utf8 = PyUnicode_AsUTF8AndSize(text, &size);
  if (!utf8) throw ErrorIsSet();
  return {utf8, static_cast<std::size_t>(size)};
}

std::span<const PyMethodDef> encryption_methods() noexcept {
  static const PyMethodDef methods[] = {
      {"set_encryption_keys", as_method(&set_encryption_keys), kFast,
       PyDoc_STR(
           "set_encryption_keys($self, keys)\n--\n\n"
           "Install the keys of encrypted content: comma-separated entries KEY or DOMAIN:KEY. Replaces all others.")},
      {"mount_default_encrypted", as_method(&mount_default_encrypted), kFast,
       PyDoc_STR("mount_default_encrypted($self, name)\n--\n\n"
                 "What the mount declares as default_encrypted; False for none.")},
      {"encrypt", as_method(&encrypt), kFast,
       PyDoc_STR("encrypt($self, data, domain=None)\n--\n\n"
                 "The envelope that an encrypted write of these bytes would store.")},
      {"decrypt", as_method(&decrypt), kFast,
       PyDoc_STR("decrypt($self, data)\n--\n\nThe content of an envelope; any other bytes as they are.")}};
  return methods;
}

std::span<const PyGetSetDef> encryption_properties() noexcept {
  static const PyGetSetDef properties[] = {
      {"encryption_active", encryption_active, nullptr, PyDoc_STR("Whether any key is installed."), nullptr},
      {"encryption_domains", encryption_domains, nullptr,
       PyDoc_STR("The domains of the installed keys, by first appearance; the first is the default one."), nullptr}};
  return properties;
}

}  // namespace genro::storage::python

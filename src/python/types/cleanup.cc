#include "python/types/cleanup.h"

#include <string>
#include <utility>
#include <vector>

#include "python/asyncio/dual.h"
#include "python/calls/arguments.h"
#include "python/calls/convert.h"
#include "python/types/manager.h"

namespace genro::storage::python {
namespace {

struct Cleanup {
  StorageManager manager;
  std::string mount;
  double older_than;
  Task<std::vector<std::string>> task() { return manager.cleanup(mount, older_than); }
  PyObject* value(std::vector<std::string> removed) {
    Ref list = checked(PyList_New(static_cast<Py_ssize_t>(removed.size())));
    for (std::size_t i = 0; i < removed.size(); ++i) {
      PyList_SET_ITEM(list.get(), static_cast<Py_ssize_t>(i), checked(name_to_python(removed[i])).release());
    }
    return list.release();
  }
  bool quick() const { return false; }
};

/// Seconds, or a timedelta.
double age_from(PyObject* argument) {
  Ref seconds = Ref::borrow(argument);
  if (PyObject_HasAttrString(argument, "total_seconds")) {
    seconds = checked(PyObject_CallMethod(argument, "total_seconds", nullptr));
  }
  const double value = PyFloat_AsDouble(seconds.get());
  if (value == -1 && PyErr_Occurred()) throw ErrorIsSet();
  return value;
}

}  // namespace

PyObject* manager_cleanup(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) noexcept {
  return dual("StorageManager.cleanup", [&] {
    static const Signature<2> signature("cleanup", 1, 2, {"mount", "older_than"});
    const auto [mount, older_than] = signature.bind(args, count, keywords);
    return Cleanup{reinterpret_cast<ManagerObject*>(self)->manager, name_from(mount, "mount"),
                   older_than ? age_from(older_than) : 86400};
  });
}

}  // namespace genro::storage::python

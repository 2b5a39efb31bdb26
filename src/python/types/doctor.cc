#include "python/types/doctor.h"

#include <optional>
#include <string>
#include <utility>

#include "genro/storage/doctor.h"
#include "python/asyncio/dual.h"
#include "python/calls/arguments.h"
#include "python/calls/convert.h"
#include "python/enter.h"
#include "python/types/manager.h"

namespace genro::storage::python {
namespace {

const char* outcome_word(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::ok: return "ok";
    case Outcome::warning: return "warning";
    case Outcome::failed: return "failed";
    case Outcome::skipped: return "skipped";
  }
  return "";
}

Ref seconds_or_none(const std::optional<double>& seconds) {
  return seconds ? checked(to_python(*seconds)) : Ref::borrow(Py_None);
}

struct Doctor {
  StorageManager manager;
  std::string mount;
  DoctorOptions options;
  Task<Diagnosis> task() { return manager.doctor(mount, options); }
  PyObject* value(Diagnosis diagnosis) {
    const Ref module = checked(PyImport_ImportModule("genro_storage._diagnosis"));
    Ref findings = checked(PyTuple_New(static_cast<Py_ssize_t>(diagnosis.findings.size())));
    for (std::size_t i = 0; i < diagnosis.findings.size(); ++i) {
      const Finding& one = diagnosis.findings[i];
      const Ref text = checked(to_python(one.text)), advice = checked(to_python(one.advice));
      Ref finding = checked(enter([&] {
        return PyObject_CallMethod(module.get(), "Finding", "ssOOd", one.check.c_str(), outcome_word(one.outcome),
                                   text.get(), advice.get(), one.seconds);
      }));
      PyTuple_SET_ITEM(findings.get(), static_cast<Py_ssize_t>(i), finding.release());
    }
    const Ref name = checked(name_to_python(diagnosis.mount)), place = checked(name_to_python(diagnosis.place));
    const Ref skew = seconds_or_none(diagnosis.clock_skew), latency = seconds_or_none(diagnosis.latency);
    return checked(enter([&] {
             return PyObject_CallMethod(module.get(), "Diagnosis", "OsOOOO", name.get(), diagnosis.protocol.c_str(),
                                        place.get(), findings.get(), skew.get(), latency.get());
           }))
        .release();
  }
  bool quick() const { return false; }
};

double seconds_from(PyObject* argument) {
  const double value = PyFloat_AsDouble(argument);
  if (value == -1 && PyErr_Occurred()) throw ErrorIsSet();
  return value;
}

}  // namespace

PyObject* manager_doctor(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) noexcept {
  return dual("StorageManager.doctor", [&] {
    static const Signature<3> signature("doctor", 1, 1, {"mount", "write", "within"});
    const auto [mount, write, within] = signature.bind(args, count, keywords);
    DoctorOptions options;
    options.write = flag(write, options.write);
    if (within) options.within = seconds_from(within);
    return Doctor{reinterpret_cast<ManagerObject*>(self)->manager, name_from(mount, "mount"), options};
  });
}

}  // namespace genro::storage::python

// Calling Python from inside the engine: with the GIL, in the context of the operation's caller, where methods give values.
// Used by the parts of python/backend. Call these on threads that may block (offload), never on a loop's.
// What Python raises leaves as an Error with that exception as its cause where the engine must understand it (a missing
// file, a refusal), else as it is; in both cases the user gets the very same exception object.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>

#include "genro/storage/error.h"
#include "loop/offload.h"
#include "python/asyncio/values_only.h"
#include "python/calls/in_context.h"
#include "python/exceptions.h"
#include "python/gil.h"

namespace genro::storage::python {

/// Throws what this thread's error indicator says, which must be set.
[[noreturn]] void throw_python_error(const char* operation, const std::string& path);

/// Clears this thread's error, if one is set. Throws ErrorIsSet when that is an order to end (no Exception).
void forgive();

/// A new reference; throws ErrorIsSet.
Ref call_method(PyObject* object, const char* name, std::initializer_list<PyObject*> arguments);
/// The same with an argument that is a path.
Ref call_method(PyObject* object, const char* name, const std::string& path);

template <class Body>
auto in_python(const char* operation, const std::string& path, Body&& body) {
  const GilHold gil;
  if (!gil) throw Error(ErrorCode::cancelled, "the interpreter is exiting");
  try {
    auto* caller = static_cast<PyObject*>(const_cast<void*>(caller_context()));
    const InContext context(gil.foreign() ? caller : nullptr);
    const ValuesOnly values;
    return std::forward<Body>(body)();
  } catch (const ErrorIsSet&) {
    throw_python_error(operation, path);
  }
}

}  // namespace genro::storage::python

// PythonBackend: a storage whose methods are written in Python (a subclass of StorageBackend), as a backend of the engine.
// Its methods are called one at a time on threads that may block, never on a loop's. Made by mounts.cc.
// It has no retries and no limits of its own: what the Python methods do is what happens.
#pragma once

#include "genro/storage/backend.h"
#include "genro/storage/capabilities.h"
#include "python/py_handle.h"

namespace genro::storage::python {

/// Which class is StorageBackend, from the moment when it exists: a method that is still its own is one that is not supported.
void remember_backend_class(PyObject* type);

/// Whether the object's class answers `method` itself instead of by the default of StorageBackend. GIL held.
bool overrides(PyObject* object, const char* method);

/// The backend over `object`. GIL held; throws ErrorIsSet when it lacks a method that every backend has.
std::shared_ptr<Backend> make_python_backend(PyObject* object, const Capabilities& capabilities);

/// The Python object under a backend made above, borrowed; null for any other.
PyObject* python_object_of(const Backend& backend) noexcept;

}  // namespace genro::storage::python

// The Python type behind a served body: its chunks, read when they are asked for. serving.py makes the list-like object of it.
// Used by StorageNode.serve() only.
#pragma once

#include "genro/storage/serve.h"
#include "python/ref.h"

namespace genro::storage::python {

/// Throws ErrorIsSet.
Ref wrap_serve_body(ServeBody body);

/// Creates the type and adds it to the module. False with an error set.
bool add_serve_body(PyObject* module);

}  // namespace genro::storage::python

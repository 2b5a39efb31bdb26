// The Python type behind local_path(): an engine LocalPath whose open() and commit() are both sync or both awaitable.
// Used by local_paths.py, which makes the context manager of it.
#pragma once

#include "genro/storage/local_path.h"
#include "python/ref.h"

namespace genro::storage::python {

/// Throws ErrorIsSet. `awaits`: its methods give awaitables.
Ref wrap_local_path(LocalPath path, bool awaits);

/// Creates the type and adds it to the module. False with an error set.
bool add_local_path(PyObject* module);

}  // namespace genro::storage::python

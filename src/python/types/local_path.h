// The Python types behind local_path() and call(): an engine's LocalPath or CallFiles, whose open() and commit() are both sync
// or both awaitable. Used by _local_paths.py and _calling.py.
#pragma once

#include "genro/storage/local_path.h"
#include "python/ref.h"

namespace genro::storage::python {

/// Throws ErrorIsSet. `awaits`: its methods give awaitables.
Ref wrap_local_path(LocalPath path, bool awaits);

/// Creates the types and adds them, with the function that makes CallFiles, to the module. False with an error set.
bool add_local_path(PyObject* module);

}  // namespace genro::storage::python

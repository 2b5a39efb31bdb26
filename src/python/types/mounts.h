// The module's functions behind StorageManager._mounts, node._backend and the backend objects of genro_storage.backends:
// putting a backend into a manager, and taking a mount apart. Names begin with an underscore; only this package calls them.
#pragma once

#include "python/ref.h"

namespace genro::storage::python {

/// False with an error set.
bool add_mount_functions(PyObject* module);

}  // namespace genro::storage::python

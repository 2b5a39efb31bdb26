// A mount's configuration from Python: dicts, lists and scalars as they are, path-likes as text, callables as resolvers
// of a local base. Used by manager.cc.
#pragma once

#include "genro/storage/config.h"
#include "python/ref.h"

namespace genro::storage::python {

/// Throws ErrorIsSet (StorageConfigError, TypeError).
MountConfig mount_config_from(PyObject* dict);

/// A value back in Python, a new reference: for options that only Python code looks at. Throws ErrorIsSet; config for a
/// function, which those cannot be.
PyObject* config_value_to_python(const ConfigValue& value);

}  // namespace genro::storage::python

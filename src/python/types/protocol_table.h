// The engine's table of protocols and their options, for storage_grammar.py, backends/fsspec.py and the tools that write
// mount_configs.py and the tables of the guide.
#pragma once

#include "python/ref.h"

namespace genro::storage::python {

/// Adds _protocols(). False with a Python error set.
bool add_protocol_table(PyObject* module);

}  // namespace genro::storage::python

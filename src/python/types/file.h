// The Python type behind open files. All methods of one File are sync, or all give awaitables, as it was opened:
// the io classes of files.py are built on it. Any threads and tasks may share one: the engine lets them take turns.
#pragma once

#include "genro/storage/file.h"
#include "python/ref.h"

namespace genro::storage::python {

/// `node`: what close() gives the path that the content got; null where that does not change.
PyObject* wrap_file(File file, bool awaits, PyObject* node);

/// Creates the type and adds it to the module. False with an error set.
bool add_file(PyObject* module);

}  // namespace genro::storage::python

// The io classes under the open files of files.py, with calls that take turns: io.TextIOWrapper is not made for threads, and
// the buffered ones tear lines that several threads read, and close or cut a file in several steps.
#pragma once

#include "python/ref.h"

namespace genro::storage::python {

/// Adds TextTurns, ReaderTurns, WriterTurns and UpdaterTurns, classes to be derived from, and in_turn() for further calls of several
/// steps. False with an error set.
bool add_io_turns(PyObject* module);

}  // namespace genro::storage::python

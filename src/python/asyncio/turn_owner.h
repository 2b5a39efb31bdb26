// TurnOwner: whose turn it is with an object of Python, and who waits for it: the quick half of _turns.py, which has the waiting.
// The GIL guards it.
#pragma once

#include "python/ref.h"

namespace genro::storage::python {

/// Creates the type and adds it to the module. False with an error set.
bool add_turn_owner(PyObject* module);

}  // namespace genro::storage::python

// joined_texts() of the module: many pieces of text into one str, off the event loop. Used by async_file.py.
#pragma once

#include "python/ref.h"

namespace genro::storage::python {

/// _joined_texts(list of str): an awaitable of the str.
PyObject* join_texts(PyObject*, PyObject* texts) noexcept;

}  // namespace genro::storage::python

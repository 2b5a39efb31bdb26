// Writing a content to a backend that is written in Python: by write_bytes(), or, when it is large, in pieces to what
// open(path, "wb") gives. Used by python_backend.cc. The pieces make one content only if the backend's files do.
#pragma once

#include <string>

#include "genro/storage/backend.h"
#include "python/py_handle.h"

namespace genro::storage::python {

/// The path and size of what was stored. May block. Throws what the backend raises, and corrupt when it stored a part.
Entry write_in_python(const PyHandle& backend, const std::string& path, const Body& body);

}  // namespace genro::storage::python

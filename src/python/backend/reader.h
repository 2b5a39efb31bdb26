// PythonReader: a content of a backend that is written in Python. A whole content is asked for by read_bytes(), a larger one
// is streamed from open(path, "rb"). Used by python_backend.cc.
#pragma once

#include <memory>
#include <string>

#include "genro/storage/backend.h"
#include "python/py_handle.h"

namespace genro::storage::python {

/// `entry`: what the backend says of the file. Opens nothing yet: the first read does.
std::unique_ptr<Reader> make_python_reader(PyHandle backend, Entry entry, ByteRange range);

/// A version of it. Opens it now; throws what open_version() raises. May block.
std::unique_ptr<Reader> open_python_version(const PyHandle& backend, const std::string& path,
                                            const ReadOptions& options);

/// All of it, by read_bytes(). May block.
Bytes python_content(const PyHandle& backend, const std::string& path);

}  // namespace genro::storage::python

// What the methods of a Python backend answer, as values of the engine, and back.
// All functions need the GIL and throw ErrorIsSet after setting a Python error.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "genro/storage/backend.h"
#include "genro/storage/capabilities.h"
#include "python/ref.h"

namespace genro::storage::python {

/// What its `capabilities` say; the defaults where it has none.
Capabilities capabilities_from(PyObject* backend);
/// Of a BackendCapabilities.
Capabilities capabilities_from_fields(PyObject* capabilities);
/// A dict: BackendCapabilities as keyword arguments.
Ref fields_of(const Capabilities& capabilities);
/// What the engine may do with a backend that promises these. It never appends: it cannot know that open(path, "ab") keeps.
Caps caps_from(const Capabilities& promised);

bool truth(const Ref& object);
std::uint64_t size_from(PyObject* number);
/// (mtime, size, is_dir) of ext_attributes(); nothing when it says that nothing is there.
std::optional<Entry> entry_from(PyObject* attributes, const std::string& path);
/// Of what write_bytes() or copy() stored: they may answer with another path than they were given.
Entry stored_entry(PyObject* answer, const std::string& path);
/// 32 lower-case digits, or "" when it is no MD5.
std::string md5_from(PyObject* text);
/// A dict of text to text; null for anything else.
std::shared_ptr<const Metadata> metadata_from(PyObject* dict);
Ref metadata_to(const Metadata& metadata);
/// get_versions() in the order of the seam.
std::vector<Version> versions_from(PyObject* list);
/// An int where it is one.
Ref seconds_to(double seconds);

}  // namespace genro::storage::python

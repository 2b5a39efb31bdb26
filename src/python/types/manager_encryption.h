// The encryption methods of the Python manager: keys, domains, mounts' defaults, envelopes by hand. Used by manager.cc.
// Nothing here gives a key back: Python hands the text over, and only the engine keeps it.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "genro/storage/encryption.h"
#include "python/ref.h"

namespace genro::storage::python {

/// `encrypted` of a write: None or not given is nothing; True, False and texts are themselves. Throws ErrorIsSet (TypeError).
std::optional<Encrypted> encrypted_from(PyObject* argument);
PyObject* to_python(const Encrypted& encrypted);
/// Key material as it stands in the Python text: no copy is made. Throws ErrorIsSet.
std::string_view material_from(PyObject* text);

std::span<const PyMethodDef> encryption_methods() noexcept;
std::span<const PyGetSetDef> encryption_properties() noexcept;

}  // namespace genro::storage::python

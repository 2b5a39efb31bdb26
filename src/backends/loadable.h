// Protocols whose backends are shared objects of their own: those that come with the library and have a heavy dependency, which
// are loaded when a mount of theirs is configured, and those of users. Used by the manager. Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "genro/storage/protocol.h"

namespace genro::storage {

/// Loads the shared object at `file` and adds its protocol to those that mounts may have, for the rest of the process; gives
/// its name. Once more with the same file: nothing happens. Throws not_found, missing_library, or config.
const Protocol& load_protocol(const std::string& file);

/// What load_protocol() has added, oldest first.
std::vector<const Protocol*> loaded_protocols();

/// Makes a backend of `protocol`, whose shared object is loaded before where it has one. Throws what its factory throws, and
/// missing_library or config where it cannot be loaded.
std::shared_ptr<Backend> make_backend(const Protocol& protocol, const MountContext& context);

}  // namespace genro::storage

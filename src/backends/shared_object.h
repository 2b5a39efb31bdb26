// Opening the shared object of a backend, and saying what is wrong with one that cannot be used.
// Used by loadable.cc. Thread-safe; what it opens stays open until the process ends.
#pragma once

#include <string>
#include <string_view>

#include "genro/storage/loadable_backend.h"

namespace genro::storage {

/// The folder of the file that this library itself is part of: of the Python module, the shared library or the program. As it
/// was loaded, and without symbolic links.
struct EngineFolders {
  std::string loaded;
  std::string real;
};
EngineFolders engine_folders();

/// `file`: absolute. `package`: what to install when a library that it needs is missing; "" where only the library's name
/// is known. Throws not_found, missing_library, or config for what is no backend of this version.
const BackendLibrary& open_backend_library(const std::string& file, std::string_view package);

/// The library that a report of the dynamic linker (dlerror) misses; "" where it says something else. Pure.
std::string missing_library(std::string_view report, std::string_view file);

}  // namespace genro::storage

// Location: a path on a mount, and whether two of them are in one store.
#pragma once

#include <string>

#include "node/mount.h"

namespace genro::storage {

struct Location {
  MountPointer mount;
  std::string path;
  std::string address() const { return mount->address(path); }
  /// The path as the innermost shared backend names it.
  std::string path_in_base() const;
};

/// Whether both are parts of one store, so that it can copy and rename between them by itself.
bool one_store(const Mount& a, const Mount& b);
/// Whether both are the same location of one store. See overlap.h for the same file under two names.
bool same_location(const Location& a, const Location& b);

}  // namespace genro::storage

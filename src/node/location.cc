#include "node/location.h"

#include "core/path.h"

namespace genro::storage {

std::string Location::core_path() const { return path::join(mount->prefix, path); }

bool one_store(const Mount& a, const Mount& b) {
  if (a.core == b.core) return true;
  const std::string identity = a.core->identity();
  return !identity.empty() && identity == b.core->identity();
}

bool same_location(const Location& a, const Location& b) {
  return one_store(*a.mount, *b.mount) && a.core_path() == b.core_path();
}

}  // namespace genro::storage

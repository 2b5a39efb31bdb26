#include "node/location.h"

#include "core/path.h"

namespace genro::storage {

std::string Location::path_in_base() const { return path::join(mount->prefix, path); }

bool one_store(const Mount& a, const Mount& b) {
  if (a.base_backend == b.base_backend) return true;
  const std::string identity = a.base_backend->identity();
  return !identity.empty() && identity == b.base_backend->identity();
}

bool same_location(const Location& a, const Location& b) {
  return one_store(*a.mount, *b.mount) && a.path_in_base() == b.path_in_base();
}

}  // namespace genro::storage

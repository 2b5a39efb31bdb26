#include <utility>

#include "core/path.h"
#include "genro/storage/manager.h"
#include "node/guard.h"

namespace genro::storage {
namespace {

Task<std::vector<std::string>> clean(MountPointer mount, double older_than) {
  require_remove(*mount, "cleanup", "");
  std::vector<std::string> removed;
  try {
    Task<void> cleaning = mount->base_backend->clean(mount->prefix, older_than, &removed);
    co_await cleaning;
  } catch (const Error& error) {
    throw located(error, "cleanup", *mount, "");
  }
  for (std::string& path : removed) path = mount->address(path::relative_to(path, mount->prefix));
  co_return removed;
}

}  // namespace

Task<std::vector<std::string>> StorageManager::cleanup(std::string mount, double older_than) const {
  if (!(older_than >= 0)) throw Error(ErrorCode::invalid_argument, "cleanup", mount, "older_than must not be negative");
  return clean(state_->require(mount), older_than);
}

}  // namespace genro::storage

#include <algorithm>
#include <exception>
#include <vector>

#include "genro/storage/manager.h"
#include "node/mount.h"

namespace genro::storage {
namespace {

Task<void> close_all(std::shared_ptr<const MountTable> table) {
  std::vector<const Backend*> closed;  // mounts may share one
  std::exception_ptr failure;
  for (const MountPointer& mount : *table) {
    if (std::find(closed.begin(), closed.end(), mount->core.get()) != closed.end()) continue;
    closed.push_back(mount->core.get());
    try {
      mount->core->close();
    } catch (...) {
      if (!failure) failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
  co_return;
}

}  // namespace

Task<void> StorageManager::close() const { return close_all(state_->table()); }

}  // namespace genro::storage

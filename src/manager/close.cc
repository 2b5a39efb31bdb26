#include <algorithm>
#include <exception>
#include <vector>

#include "genro/storage/manager.h"
#include "node/mount.h"

namespace genro::storage {
namespace {

/// Adds the mount behind all that it stands on. Those may be no mounts of the manager any more: what stands on them is to be
/// finished there all the same.
void add_upwards(const MountPointer& mount, std::vector<MountPointer>& order) {
  if (std::find(order.begin(), order.end(), mount) != order.end()) return;
  for (const MountPointer& below : mount->stands_on) add_upwards(below, order);
  order.push_back(mount);
}

/// The backends of all mounts, each once, and each before those that it stands on: an archive is written to where it lies
/// before that is closed.
std::vector<std::shared_ptr<Backend>> in_closing_order(const MountTable& table) {
  std::vector<MountPointer> mounts;
  for (const MountPointer& mount : table) add_upwards(mount, mounts);
  std::vector<std::shared_ptr<Backend>> backends;
  for (const MountPointer& mount :
       mounts) {  // from the bottom up: of the mounts that share a backend the lowest counts
    if (std::find(backends.begin(), backends.end(), mount->base_backend) == backends.end())
      backends.push_back(mount->base_backend);
  }
  std::reverse(backends.begin(), backends.end());
  return backends;
}

Task<void> close_all(std::shared_ptr<const MountTable> table) {
  const std::vector<std::shared_ptr<Backend>> backends = in_closing_order(*table);
  std::exception_ptr failure;
  for (const std::shared_ptr<Backend>& backend : backends) {
    Task<void> closing = backend->close();
    const Result<void> closed = co_await closing.as_result();
    if (!closed.ok() && !failure) failure = closed.exception();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace

Task<void> StorageManager::close() const { return close_all(state_->table()); }

}  // namespace genro::storage

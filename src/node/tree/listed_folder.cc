#include "node/tree/listed_folder.h"

#include <algorithm>
#include <utility>

#include "core/path.h"
#include "loop/offload.h"
#include "node/guard.h"
#include "node/tree/path_order.h"
#include "node/tree/tree.h"

namespace genro::storage {
namespace {

constexpr std::size_t kMostAhead = 8;  // their entries wait in memory

}  // namespace

Task<ListedFolder> list_sorted(Location folder, BulkTransfer* names) {
  try {
    ListedFolder listed;
    if (names) {
      auto listing = offload([&] { return names->list_names(folder.path_in_base()); }, names->threads());
      listed.entries = co_await listing;
      for (Entry& entry : listed.entries) entry.path = path::join(folder.path, entry.path);
    } else {
      Task<std::vector<Entry>> listing = list_folder(folder.mount, folder.path, &listed.unnamable);
      listed.entries = co_await listing;
    }
    sort_entries(listed.entries, folder.path);
    co_return listed;
  } catch (const Error& error) {
    throw located(error, "list", *folder.mount, folder.path);
  }
}

FoldersAhead::FoldersAhead(MountPointer mount)
    : mount_(std::move(mount)),
      most_(mount_->caps.remote ? std::min(mount_->backend->limits().concurrency, kMostAhead) : 0) {}

Task<ListedFolder> FoldersAhead::take(std::string path) {
  return ahead_.take(path, [&] { return list_sorted({mount_, path}); });
}

void FoldersAhead::expect(Context& context, std::string path) {
  Location folder{mount_, path};
  ahead_.begin(context, std::move(path), [&] { return list_sorted(std::move(folder)); });
}

}  // namespace genro::storage

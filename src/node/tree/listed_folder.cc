#include "node/tree/listed_folder.h"

#include <algorithm>
#include <utility>

#include "node/guard.h"
#include "node/tree/path_order.h"
#include "node/tree/tree.h"

namespace genro::storage {
namespace {

constexpr std::size_t kMostAhead = 8;  // their entries wait in memory

Task<ListedFolder> end_of(Background<ListedFolder> under_way) {
  Task<ListedFolder> listing = under_way.take();
  co_return co_await listing;
}

}  // namespace

Task<ListedFolder> list_sorted(Location folder) {
  try {
    ListedFolder listed;
    Task<std::vector<Entry>> listing = list_folder(folder.mount, folder.path, &listed.unnamable);
    listed.entries = co_await listing;
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
  const auto found = std::find_if(ahead_.begin(), ahead_.end(), [&](const Ahead& one) { return one.path == path; });
  if (found == ahead_.end()) return list_sorted({mount_, std::move(path)});
  Background<ListedFolder> under_way = std::move(found->listing);
  ahead_.erase(found);
  return end_of(std::move(under_way));
}

void FoldersAhead::expect(Context& context, std::string path) {
  if (std::any_of(ahead_.begin(), ahead_.end(), [&](const Ahead& one) { return one.path == path; })) return;
  Task<ListedFolder> listing = list_sorted({mount_, path});
  ahead_.push_back({std::move(path), Background<ListedFolder>(context, std::move(listing))});
}

}  // namespace genro::storage

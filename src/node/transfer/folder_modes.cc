#include "node/transfer/folder_modes.h"

#include <utility>

#include "backend/bulk_transfer.h"
#include "loop/offload.h"

namespace genro::storage {
namespace {

constexpr std::uint32_t kOwners = 0700;

BulkTransfer* keeper_of(const Location& folder) { return folder.mount->base_backend->bulk(); }

}  // namespace

Task<void> FolderModes::give(Location folder, std::uint32_t mode) {
  BulkTransfer* const keeper = keeper_of(folder);
  if (mode == 0 || !keeper) co_return;
  auto giving = offload([&] { keeper->set_folder_mode(folder.path_in_base(), mode | kOwners); }, keeper->threads());
  co_await giving;
  made(std::move(folder), mode);
}

void FolderModes::made(Location folder, std::uint32_t mode) {
  if (mode != 0 && (mode & kOwners) != kOwners) closed_.push_back({std::move(folder), mode});
}

Task<void> FolderModes::apply() {
  if (closed_.empty()) co_return;
  auto closing = offload(
      [this] {
        // The deepest first: afterwards nobody may be let into those above.
        for (; !closed_.empty(); closed_.pop_back()) {
          const Closed& last = closed_.back();
          keeper_of(last.folder)->set_folder_mode(last.folder.path_in_base(), last.mode);
        }
      },
      keeper_of(closed_.back().folder)->threads());
  co_await closing;
}

}  // namespace genro::storage

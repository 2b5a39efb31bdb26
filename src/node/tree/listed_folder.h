// Whole folders, listed and sorted for a walk; and FoldersAhead, which has those that the walk comes to next listed
// meanwhile where the store is over a network. Used by copies and moves of trees, and by archives.
#pragma once

#include <string>
#include <vector>

#include "backend/bulk_transfer.h"
#include "backend/in_flight.h"
#include "node/location.h"

namespace genro::storage {

struct ListedFolder {
  std::vector<Entry> entries;    ///< In the order of a walk.
  std::vector<Entry> unnamable;  ///< What has a name that no path can have.
};

/// Errors name the mount and the folder. `names`: bulk transfers of the mount, by which only names and kinds are listed.
Task<ListedFolder> list_sorted(Location folder, BulkTransfer* names = nullptr);

/// For one walk; not thread-safe. Memory: the entries of the folders listed ahead. Dropping it cancels what is under way.
class FoldersAhead {
 public:
  explicit FoldersAhead(MountPointer mount);
  /// The folder, which may be listed already or be asked for now.
  Task<ListedFolder> take(std::string path);
  /// Whether to name further folders: never without a network.
  bool has_room() const noexcept { return ahead_.size() < most_; }
  /// Begins to list a folder that take() will be called for. Nothing happens for one that is under way.
  void expect(Context& context, std::string path);

 private:
  MountPointer mount_;
  std::size_t most_;
  InFlight<std::string, ListedFolder> ahead_;  // by path
};

}  // namespace genro::storage

// FolderModes: the permission bits of folders that a copy makes. A folder never lets in more than the one it is copied from,
// and while it is being filled its owner may do everything. Used by copies and moves of trees, which end with apply().
// Folders that were there before keep their own.
#pragma once

#include <cstdint>
#include <vector>

#include "node/transfer/transfer.h"

namespace genro::storage {

class FolderModes {
 public:
  /// Of a folder that was just made. `mode`: the source's, 0 = unknown.
  Task<void> give(Location folder, std::uint32_t mode);
  /// The same for one that its store has made with these bits.
  void made(Location folder, std::uint32_t mode);
  /// Takes from owners what the sources do not let them do.
  Task<void> apply();

 private:
  struct Closed {
    Location folder;
    std::uint32_t mode;
  };
  std::vector<Closed> closed_;  // each before those in it
};

}  // namespace genro::storage

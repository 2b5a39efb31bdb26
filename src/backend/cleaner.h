// Cleaner: what a store can do about things that operations of killed processes left in it: unfinished files, open uploads.
// Local folders and S3 have it. Used by StorageManager::cleanup(), which has passed the guards.
#pragma once

#include <string>
#include <vector>

#include "genro/storage/task.h"

namespace genro::storage {

class Cleaner {
 public:
  virtual ~Cleaner() = default;
  /// Removes what is left below a folder, of those things that are at least `older_than` seconds old and that nobody provably
  /// still works on. Adds the paths of what it removed to `removed`, also when it fails; the same path once for each.
  virtual Task<void> clean(std::string folder, double older_than, std::vector<std::string>* removed) = 0;
};

}  // namespace genro::storage

// Removes what killed writers left below a folder of a local mount, for StorageManager::cleanup().
#pragma once

#include <string>
#include <vector>

#include "backends/local/rooted_path.h"
#include "genro/storage/task.h"

namespace genro::storage::local {

/// As Cleaner::clean. Links are not followed; what may not be looked at is left.
Task<void> clean(Base& base, Env& env, std::string folder, double older_than, std::vector<std::string>* removed);

}  // namespace genro::storage::local

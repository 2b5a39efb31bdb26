// Ends uploads in parts that nobody completed or aborted, for StorageManager::cleanup(): they cost money, and no listing shows them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backends/s3/client.h"

namespace genro::storage::s3 {

/// Those of keys that begin with `key_prefix`, begun at least `older_than` seconds ago. Adds their keys to `keys`.
Task<void> abort_uploads(std::shared_ptr<Client> client, std::string key_prefix, double older_than,
                         std::vector<std::string>* keys);

}  // namespace genro::storage::s3

// Blob Batch: up to 256 deletes in one request (backend/http/batch.h), each authorized by itself. Used by the azure backend.
// https://learn.microsoft.com/en-us/rest/api/storageservices/blob-batch
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "backends/azure/client.h"
#include "genro/storage/backend.h"

namespace genro::storage::azure {

inline constexpr std::ptrdiff_t kMostInBatch = kLimits.remove_batch_max;

/// The failures of deleting at most kMostInBatch blobs. Where the service takes no batches, the whole fails.
Task<std::vector<RemoveFailure>> delete_batch(std::shared_ptr<Client> client, std::vector<std::string> paths);

}  // namespace genro::storage::azure

// Deleting blobs: one, or up to 256 in one request (backend/http/batch.h), each authorized by itself. Used by the azure backend.
// https://learn.microsoft.com/en-us/rest/api/storageservices/delete-blob
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

/// `version` as in a listing of versions; "" = the blob itself. An absent blob is as good as a deleted one; an absent
/// container is not.
Task<void> delete_blob(std::shared_ptr<Client> client, std::string path, std::string version);
/// The failures of deleting at most kMostInBatch blobs. Where the service takes no batches, the whole fails.
Task<std::vector<RemoveFailure>> delete_batch(std::shared_ptr<Client> client, std::vector<std::string> paths);

}  // namespace genro::storage::azure

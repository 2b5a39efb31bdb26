// Deleting blobs: one, or up to 256 in one request (backend/http/batch.h), each authorized by itself. Used by the azure backend.
// https://learn.microsoft.com/en-us/rest/api/storageservices/delete-blob
// https://learn.microsoft.com/en-us/rest/api/storageservices/blob-batch
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "backends/azure/client.h"
#include "genro/storage/backend.h"

namespace genro::storage::azure {

/// `version` as in a listing of versions; "" = the blob itself. An absent blob is as good as a deleted one; an absent
/// container is not.
Task<void> delete_blob(std::shared_ptr<Client> client, std::string path, std::string version,
                       std::string_view operation);
/// The failures of deleting at most Limits::remove_batch_max blobs. Where the service takes no batches, the whole fails.
Task<std::vector<RemoveFailure>> delete_batch(std::shared_ptr<Client> client, std::vector<std::string> paths);

}  // namespace genro::storage::azure

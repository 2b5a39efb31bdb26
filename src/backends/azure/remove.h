// Deleting blobs. Used by the azure backend.
// https://learn.microsoft.com/en-us/rest/api/storageservices/delete-blob
#pragma once

#include <memory>
#include <string>

#include "backends/azure/client.h"
#include "genro/storage/backend.h"

namespace genro::storage::azure {

/// `version` as in a listing of versions; "" = the blob itself.
HttpRequest delete_request(const Client& client, const std::string& path, const std::string& version);
/// An absent blob is as good as a deleted one; an absent container is not.
Task<void> delete_blob(std::shared_ptr<Client> client, std::string path, std::string version);

}  // namespace genro::storage::azure

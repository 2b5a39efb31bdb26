// Deleting objects and generations of them, one by one and in batches.
// https://cloud.google.com/storage/docs/json_api/v1/objects/delete
// Used by the gcs backend. What is not there counts as deleted.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "backends/gcs/client.h"
#include "genro/storage/backend.h"

namespace genro::storage::gcs {

// Whether there was something. `version` "": the current content.
Task<bool> delete_object(std::shared_ptr<Client> client, std::string path, std::string version,
                         std::string_view operation);

// At most 100 of them, in one request. Adds those that were not there to `absent`.
Task<std::vector<RemoveFailure>> delete_objects(std::shared_ptr<Client> client, std::vector<std::string> paths,
                                                std::vector<std::string>* absent);
Task<std::vector<VersionFailure>> delete_versions(std::shared_ptr<Client> client, std::string path,
                                                  std::vector<std::string> versions);

}  // namespace genro::storage::gcs

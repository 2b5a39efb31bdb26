// The generations of one object: listing them, deleting some of them. Where an object was deleted, the history has a mark, as
// other stores keep one.
// https://cloud.google.com/storage/docs/object-versioning
// Used by the gcs backend.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/gcs/client.h"
#include "genro/storage/backend.h"

namespace genro::storage::gcs {

// Newest first.
Task<std::vector<Version>> list_of_versions(std::shared_ptr<Client> client, std::string path);

// 100 a request. Versions that are not there count as removed.
Task<std::vector<VersionFailure>> delete_some_versions(std::shared_ptr<Client> client, std::string path,
                                                       std::vector<std::string> version_ids);

// What the calls of a batch came to: an error for each that failed, "absent" being none.
Task<std::vector<std::optional<Error>>> delete_batch(std::shared_ptr<Client> client, HttpRequest request,
                                                     std::size_t count, std::string_view operation);

}  // namespace genro::storage::gcs

// The generations of one object. Where it was deleted, the history has a mark, as other stores keep one.
// https://cloud.google.com/storage/docs/object-versioning
// Used by the gcs backend.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backends/gcs/client.h"
#include "genro/storage/version.h"

namespace genro::storage::gcs {

// Newest first.
Task<std::vector<Version>> list_of_versions(std::shared_ptr<Client> client, std::string path);

}  // namespace genro::storage::gcs

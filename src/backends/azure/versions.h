// The versions and snapshots of a blob. A snapshot's id begins with "snapshot=". Used by the azure backend.
// https://learn.microsoft.com/en-us/azure/storage/blobs/versioning-overview
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backends/azure/client.h"
#include "genro/storage/version.h"

namespace genro::storage::azure {

/// Newest first; empty for a blob that is not there.
Task<std::vector<Version>> list_versions(std::shared_ptr<Client> client, std::string path);

}  // namespace genro::storage::azure

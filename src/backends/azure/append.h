// Appending: what is made by it is an append blob. A block blob keeps its type, and gets one block more: only one that was
// put in one piece, which has no blocks, is sent anew for the first of them.
// https://learn.microsoft.com/en-us/rest/api/storageservices/append-block
// Used by the azure backend. Whole bodies of at most 100 MiB appear at once, and larger ones piece by piece.
#pragma once

#include <memory>
#include <string>

#include "backends/azure/client.h"
#include "genro/storage/backend.h"

namespace genro::storage::azure {

/// Throws precondition_failed when somebody else wrote a block blob meanwhile.
Task<void> append_to_blob(std::shared_ptr<Client> client, std::string path, Body body);

}  // namespace genro::storage::azure

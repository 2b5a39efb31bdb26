// Copies made by the service itself: Copy Blob, which may go on after its answer and is then asked for until it has ended.
// https://learn.microsoft.com/en-us/rest/api/storageservices/copy-blob
// Used by the azure backend. A copy is pinned by the ETag that was seen before: it is of that content or it fails.
#pragma once

#include <memory>
#include <string>

#include "backends/azure/client.h"
#include "genro/storage/backend.h"

namespace genro::storage::azure {

/// Inside one account; `from` is a path of `source`. Content type and metadata are the source's where `options` has none.
/// Throws unsupported where they cannot be others than the source's.
Task<Entry> copy_blob(std::shared_ptr<Client> source, std::shared_ptr<Client> target, std::string from, std::string to,
                      PutOptions options);

}  // namespace genro::storage::azure

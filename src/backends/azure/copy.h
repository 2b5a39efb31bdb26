// Copies made by the service itself: Copy Blob, which may go on after its answer and is then asked for until it has ended, or
// Put Blob From URL where media type or metadata are to be others.
// https://learn.microsoft.com/en-us/rest/api/storageservices/copy-blob
// https://learn.microsoft.com/en-us/rest/api/storageservices/put-blob-from-url
// Used by the azure backend. A copy is pinned by the ETag that was seen before: it is of that content or it fails.
#pragma once

#include <memory>
#include <string>

#include "backends/azure/client.h"
#include "genro/storage/backend.h"

namespace genro::storage::azure {

/// Inside one account; `from` is a path of `source`. Content type and metadata are the source's where `options` has none.
/// Tier and tags are kept. Throws unsupported for more than 5000 MiB of another media type or without metadata, and where the service has no Put
/// Blob From URL; timeout when a copy has come no further for half an hour.
Task<Entry> copy_blob(std::shared_ptr<Client> source, std::shared_ptr<Client> target, std::string from, std::string to,
                      PutOptions options);

}  // namespace genro::storage::azure

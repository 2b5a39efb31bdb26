// Tags of blobs (blob index tags), for whoever writes a blob anew: a HEAD says only how many there are.
// https://learn.microsoft.com/en-us/rest/api/storageservices/get-blob-tags
// Used by the azure backend.
#pragma once

#include <memory>
#include <string>

#include "backends/azure/client.h"
#include "genro/storage/options.h"

namespace genro::storage::azure {

/// The options with the tags of the blob at `path` among what is kept: the service is asked for them when there are any.
/// Without them where the service, or the user's rights, do not let them be read. `version` "" = the current one.
Task<PutOptions> with_tags(std::shared_ptr<Client> client, std::string path, std::string version, PutOptions options);

/// Those of with_tags(), for what is no put of a content: a put has them with its other properties.
void add_tags(const PutOptions& options, HttpRequest& to);

}  // namespace genro::storage::azure

// Tags of objects, for whoever writes an object anew: a listing or a HEAD says only how many there are.
// Used by the S3 backend.
#pragma once

#include <memory>
#include <string>

#include "backends/s3/client.h"
#include "genro/storage/options.h"

namespace genro::storage::s3 {

// Whether the object that the metadata is of has tags; see backend/kept.h.
bool has_tags(const PutOptions& options) noexcept;

// The options with the tags of the object at `path` among what is kept: the server is asked for them when there are any.
// Without them where the server, or the user's rights, do not let them be read. `version` "" = the current one.
Task<PutOptions> with_tags(std::shared_ptr<Client> client, std::string path, std::string version, PutOptions options);

}  // namespace genro::storage::s3

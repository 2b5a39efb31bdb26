// DeleteObjects: many keys, or versions of one key, in one request.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
// Used by the S3 backend. What is not there counts as deleted.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "backends/s3/client.h"
#include "genro/storage/backend.h"

namespace genro::storage::s3 {

// Whether the request can name the key: XML 1.0 cannot carry most control characters.
bool fits_xml(std::string_view key) noexcept;

// At most 1,000, each of which fits.
Task<std::vector<RemoveFailure>> delete_batch(std::shared_ptr<Client> client, std::vector<std::string> paths);
Task<std::vector<VersionFailure>> delete_versions(std::shared_ptr<Client> client, std::string path,
                                                  std::vector<std::string> version_ids);

}  // namespace genro::storage::s3

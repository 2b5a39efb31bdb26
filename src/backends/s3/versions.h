// The versions of one object.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
// Used by the S3 backend.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backends/s3/client.h"
#include "genro/storage/version.h"

namespace genro::storage::s3 {

// Newest first, delete markers included.
Task<std::vector<Version>> list_of_versions(std::shared_ptr<Client> client, std::string path);

}  // namespace genro::storage::s3

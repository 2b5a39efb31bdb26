// The versions of one S3 object: listing them, deleting some of them.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
// Used by the S3 backend. A listing is by prefix; what belongs to longer keys is left out here.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backends/s3/client.h"
#include "genro/storage/backend.h"

namespace genro::storage::s3 {

// Newest first, delete markers included. A bucket that never had versions gives one, "null".
Task<std::vector<Version>> list_of_versions(std::shared_ptr<Client> client, std::string path);

// 1,000 a request. Versions that are not there count as removed.
Task<std::vector<VersionFailure>> delete_some_versions(std::shared_ptr<Client> client, std::string path,
                                                       std::vector<std::string> version_ids);

// Servers call a version id that is not of their making an invalid argument; to us it is a version that is not there.
Error version_error(const Error& error, const std::string& version);

}  // namespace genro::storage::s3

// s3: objects in a bucket of Amazon S3 or of any server that speaks its REST API. Used through the table in protocols.cc.
// https://docs.aws.amazon.com/AmazonS3/latest/API/Type_API_Reference.html
// A folder is what some key lies below; nothing is stored for it. A path that ends in '/' (only a recursive listing
// gives one) is the zero-byte mark that some programs store for a folder: it can be removed by that name.
#pragma once

#include <memory>

#include "backend/mount_context.h"
#include "backends/s3/client.h"
#include "genro/storage/backend.h"

namespace genro::storage {

// No network. Credentials are looked for on first use.
std::shared_ptr<Backend> make_s3(const MountContext& mount);

// The same over a client that is already made; for tests that answer by themselves.
std::shared_ptr<Backend> make_s3(std::shared_ptr<s3::Client> client);

}  // namespace genro::storage

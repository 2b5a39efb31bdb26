// Copies made by the server itself: with CopyObject, or in parts when the object is too large for one.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
// Used by the S3 backend. A copy is pinned by the ETag that was seen before: it is of that content or it fails.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "backends/s3/client.h"
#include "genro/storage/entry.h"
#include "genro/storage/options.h"

namespace genro::storage::s3 {

// What a HEAD says of an object. Nothing when there is no such object. `path` is the mount's.
Task<std::optional<Entry>> head_of_object(std::shared_ptr<Client> client, std::string path, ReadOptions options,
                                          std::string_view operation);
// Throws not_found instead. `operation` is a literal, here and below; `version` "" is the current content.
Task<Entry> existing_object(std::shared_ptr<Client> client, std::string path, std::string_view operation,
                            std::string version);

// A copy made by the server, inside one mount or from another one of the same server. Content type and metadata are the
// source's where `options` has none. Of the current content, or of the version that `options` name.
Task<Entry> copy_between(std::shared_ptr<Client> source, std::shared_ptr<Client> target, std::string from,
                         std::string to, PutOptions options);
Task<void> replace_metadata(std::shared_ptr<Client> client, std::string path, Metadata metadata);

}  // namespace genro::storage::s3

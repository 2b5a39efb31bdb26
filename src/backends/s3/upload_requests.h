// The requests of uploads in parts, as bytes; see requests.h.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
// Used by the S3 backend.
#pragma once

#include <span>
#include <string_view>

#include "backend/http/part_tag.h"
#include "backends/s3/requests.h"

namespace genro::storage::s3 {

HttpRequest create_upload(std::string_view base, std::string_view key, const PutOptions& options,
                          ChecksumAlgorithm algorithm);
HttpRequest upload_part(std::string_view base, std::string_view key, std::string_view upload_id, int number, Body body,
                        const Checksum& checksum);
// Range of the source: half-open.
HttpRequest upload_part_copy(std::string_view base, std::string_view key, std::string_view upload_id, int number,
                             const CopySource& source, ByteRange range);
HttpRequest complete_upload(std::string_view base, std::string_view key, std::string_view upload_id,
                            std::span<const PartTag> parts, const When& when, const Checksum& checksum);
HttpRequest abort_upload(std::string_view base, std::string_view key, std::string_view upload_id);

// Uploads that were begun and not ended. Markers as the page before gave them, both "" for the first page.
HttpRequest list_uploads(std::string_view base, std::string_view prefix, std::string_view key_marker,
                         std::string_view upload_marker);

}  // namespace genro::storage::s3

// What S3 calls checksums (x-amz-checksum-…). How they are computed is backend/http/checksum.h.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
// Used by the S3 backend only. A checksum of checksums ("…-3", COMPOSITE) says nothing about the whole: it is skipped.
#pragma once

#include <string_view>

#include "backend/http/checksum.h"
#include "net/http.h"

namespace genro::storage::s3 {

std::string_view header_name(ChecksumAlgorithm algorithm) noexcept;   // "x-amz-checksum-crc64nvme"; "" for none
std::string_view element_name(ChecksumAlgorithm algorithm) noexcept;  // "ChecksumCRC64NVME"; "" for none

// The checksum of the whole object among the headers of a response; the quickest to verify when there are several.
// Unknown when there is none or only composite ones.
Checksum object_checksum(const HttpHead& head);

}  // namespace genro::storage::s3

// From what S3 says of a failure to the library's Error.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
// Used by the S3 backend.
#pragma once

#include <cstdint>
#include <string_view>

#include "backends/s3/pages.h"
#include "genro/storage/error.h"
#include "net/http.h"

namespace genro::storage::s3 {

// The code of an error document, or that of the HTTP status when S3's code is unknown or missing.
ErrorCode code_of(std::string_view s3_code, int status) noexcept;

// The error of a failed response; `document` may be empty (HEAD has none). `wall_ns` is for Retry-After.
Error error_of(const HttpHead& head, const ErrorDocument& document, std::int64_t wall_ns);

// The error of one key of a bulk delete.
Error error_of(const DeleteError& failure);

// The same failure as name_too_long, where it may be that: servers refuse long keys in words of their own, or without any.
Error naming_long_key(Error error, std::string_view key);

// Whether a 404 says that something is not there; versitygw answers so to unknown credentials, too.
bool means_absence(const ErrorDocument& document) noexcept;

// Whether the failure says that the credentials are no longer good, so that fresh ones may help.
bool means_stale_credentials(const HttpHead& head, const ErrorDocument& document) noexcept;

// Whether the server refused the request for a checksum header or parameter that it does not know.
bool means_unknown_checksum(const HttpHead& head, const ErrorDocument& document) noexcept;

}  // namespace genro::storage::s3

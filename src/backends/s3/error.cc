#include "backends/s3/error.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "backend/http/error_table.h"
#include "net/http_error.h"

namespace genro::storage::s3 {
namespace {

// Codes of MinIO (XMinio…) and versitygw (…IsFile) stand among AWS's.
constexpr std::array kMeanings = std::to_array<ErrorMeaning>({
    {"AccessDenied", ErrorCode::permission_denied, -1},
    {"AccountProblem", ErrorCode::permission_denied, -1},
    {"AllAccessDisabled", ErrorCode::permission_denied, -1},
    {"AuthorizationHeaderMalformed", ErrorCode::unauthenticated, -1},
    {"BadDigest", ErrorCode::corrupt, 1},
    {"BandwidthLimitExceeded", ErrorCode::throttled, -1},
    {"BucketAlreadyExists", ErrorCode::already_exists, -1},
    {"BucketAlreadyOwnedByYou", ErrorCode::already_exists, -1},
    {"ConditionalRequestConflict", ErrorCode::unavailable, 1},
    {"EntityTooLarge", ErrorCode::invalid_argument, -1},
    {"EntityTooSmall", ErrorCode::invalid_argument, -1},
    {"ExistingObjectIsDirectory", ErrorCode::is_directory, -1},
    {"ExpiredToken", ErrorCode::unauthenticated, -1},
    {"IncompleteBody", ErrorCode::truncated, 1},
    {"InsufficientStorage", ErrorCode::no_space, -1},
    {"InternalError", ErrorCode::unavailable, -1},
    {"InvalidAccessKeyId", ErrorCode::unauthenticated, -1},
    {"InvalidArgument", ErrorCode::invalid_argument, -1},
    {"InvalidBucketName", ErrorCode::invalid_argument, -1},
    {"InvalidDigest", ErrorCode::corrupt, 1},
    {"InvalidObjectState", ErrorCode::permission_denied, -1},
    {"InvalidRange", ErrorCode::out_of_range, -1},
    {"InvalidSecurity", ErrorCode::unauthenticated, -1},
    {"InvalidToken", ErrorCode::unauthenticated, -1},
    {"KeyTooLongError", ErrorCode::name_too_long, -1},
    {"MethodNotAllowed", ErrorCode::unsupported, -1},
    {"NoSuchBucket", ErrorCode::not_found, -1},
    {"NoSuchKey", ErrorCode::not_found, -1},
    {"NoSuchUpload", ErrorCode::not_found, -1},
    {"NoSuchVersion", ErrorCode::not_found, -1},
    {"NotImplemented", ErrorCode::unsupported, -1},
    {"NotSignedUp", ErrorCode::unauthenticated, -1},
    {"ObjectParentIsFile", ErrorCode::not_directory, -1},
    {"OperationAborted", ErrorCode::unavailable, 1},
    {"PreconditionFailed", ErrorCode::precondition_failed, -1},
    {"QuotaExceeded", ErrorCode::no_space, -1},
    {"RequestLimitExceeded", ErrorCode::throttled, -1},
    {"RequestTimeTooSkewed", ErrorCode::unauthenticated, -1},
    {"RequestTimeout", ErrorCode::timeout, 1},
    {"ServiceUnavailable", ErrorCode::unavailable, -1},
    {"SignatureDoesNotMatch", ErrorCode::unauthenticated, -1},
    {"SlowDown", ErrorCode::throttled, -1},
    {"SlowDownRead", ErrorCode::throttled, -1},
    {"SlowDownWrite", ErrorCode::throttled, -1},
    {"Throttling", ErrorCode::throttled, -1},
    {"TokenRefreshRequired", ErrorCode::unauthenticated, -1},
    {"TooManyRequests", ErrorCode::throttled, -1},
    {"XAdminUserNotFound", ErrorCode::unauthenticated, -1},
    {"XAmzContentChecksumMismatch", ErrorCode::corrupt, 1},
    {"XAmzContentSHA256Mismatch", ErrorCode::corrupt, 1},
    {"XMinioAdminBucketQuotaExceeded", ErrorCode::no_space, -1},
    {"XMinioInvalidObjectName", ErrorCode::invalid_path, -1},
    {"XMinioObjectExistsAsDirectory", ErrorCode::is_directory, -1},
    {"XMinioParentIsObject", ErrorCode::not_directory, -1},
    {"XMinioServerNotInitialized", ErrorCode::unavailable, -1},
    {"XMinioStorageFull", ErrorCode::no_space, -1},
});
static_assert(is_error_table(kMeanings));

}  // namespace

ErrorCode code_of(std::string_view s3_code, int status) noexcept {
  const ErrorMeaning* known = find_meaning(kMeanings, s3_code);
  return known != nullptr ? known->code : code_of_status(status);
}

Error error_of(const HttpHead& head, const ErrorDocument& document, std::int64_t wall_ns) {
  const Error error = error_of_words(head, kMeanings, {document.code, document.message, document.request_id}, wall_ns);
  // S3 answers 405 for the content of a version that is a delete marker.
  const bool marker = head.status == 405 && head.find("x-amz-delete-marker") == "true";
  if (!marker) return error;
  return Error(ErrorCode::not_found, error_text(document.code, document.message)).with_request_id(error.request_id());
}

Error error_of(const DeleteError& failure) {
  return Error(code_of(failure.code, 400), error_text(failure.code, failure.message));
}

Error naming_long_key(Error error, std::string_view key) {
  constexpr std::size_t kKey = 1024;       // of S3
  constexpr std::size_t kComponent = 255;  // of servers that keep objects as files
  if (error.code() != ErrorCode::invalid_argument && error.code() != ErrorCode::invalid_path) return error;
  bool too_long = key.size() > kKey;
  for (std::size_t begin = 0; begin < key.size() && !too_long;) {
    const std::size_t end = std::min(key.find('/', begin), key.size());
    too_long = end - begin > kComponent;
    begin = end + 1;
  }
  if (!too_long) return error;
  return Error(ErrorCode::name_too_long, "the name is longer than the server takes")
      .with_request_id(error.request_id());
}

bool means_absence(const ErrorDocument& document) noexcept {
  const ErrorMeaning* known = find_meaning(kMeanings, document.code);
  return known == nullptr || known->code == ErrorCode::not_found;
}

bool means_stale_credentials(const HttpHead& head, const ErrorDocument& document) noexcept {
  if (!document.is_error()) return head.status == 401;
  for (const std::string_view code : {"ExpiredToken", "InvalidToken", "TokenRefreshRequired", "InvalidAccessKeyId"}) {
    if (document.code == code) return true;
  }
  return false;
}

bool means_unknown_checksum(const HttpHead& head, const ErrorDocument& document) noexcept {
  if (head.status == 501) return true;
  if (head.status != 400) return false;
  for (const std::string_view code : {"InvalidRequest", "InvalidArgument", "NotImplemented", "MalformedXML"}) {
    if (document.code == code) return true;
  }
  return false;
}

}  // namespace genro::storage::s3

// From an HTTP status to the library's Error: the default of every http-like backend, which refines it by the error
// document where its protocol has one. Never put the request's target into a message: it may be signed.
#pragma once

#include <string>
#include <string_view>

#include "codec/http_date.h"
#include "genro/storage/error.h"
#include "net/http.h"

namespace genro::storage {

/// 404 and 410 not_found, 401 unauthenticated, 403 permission_denied, 405 and 501 unsupported, 408 and 504 timeout, 409 already_exists, 412 and 304 precondition_failed,
/// 416 out_of_range, 429 and 503 throttled or unavailable, 507 no_space, other 4xx invalid_argument, 5xx unavailable.
ErrorCode code_of_status(int status) noexcept;
/// The error of a failed response with its request id and Retry-After. `text` (a short reason from the body) may be "".
Error error_of_response(const HttpHead& head, std::string_view text, std::int64_t wall_ns);
/// Seconds of Retry-After (a number, or a date relative to `wall_ns`); negative when absent or senseless.
double retry_after(const HttpHead& head, std::int64_t wall_ns) noexcept;
/// x-amz-request-id, x-ms-request-id, x-goog-…, x-request-id …; "" when there is none.
std::string_view request_id(const HttpHead& head) noexcept;

}  // namespace genro::storage

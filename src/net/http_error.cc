#include "net/http_error.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "codec/http_date.h"

namespace genro::storage {

ErrorCode code_of_status(int status) noexcept {
  switch (status) {
    case 304:
    case 412: return ErrorCode::precondition_failed;
    case 401: return ErrorCode::unauthenticated;
    case 403: return ErrorCode::permission_denied;
    case 404:
    case 410: return ErrorCode::not_found;
    case 408:
    case 504: return ErrorCode::timeout;
    case 405:
    case 501: return ErrorCode::unsupported;
    case 409: return ErrorCode::already_exists;
    case 416: return ErrorCode::out_of_range;
    case 429: return ErrorCode::throttled;
    case 507: return ErrorCode::no_space;
    default: break;
  }
  if (status >= 500) return ErrorCode::unavailable;
  return status >= 400 ? ErrorCode::invalid_argument : ErrorCode::protocol;
}

Error error_of_response(const HttpHead& head, std::string_view text, std::int64_t wall_ns) {
  std::string message = "HTTP " + std::to_string(head.status);
  if (!text.empty()) {
    message.append(": ").append(text);
  } else if (!head.reason().empty()) {
    message.append(" ").append(head.reason());
  }
  const double wait = retry_after(head, wall_ns);
  ErrorCode code = code_of_status(head.status);
  if (head.status == 503 && wait >= 0) code = ErrorCode::throttled;
  Error error = Error(code, std::move(message)).with_request_id(std::string(request_id(head)));
  return wait >= 0 ? error.with_retry_after(wait) : error;
}

double retry_after(const HttpHead& head, std::int64_t wall_ns) noexcept {
  constexpr double kLongest = 86400;  // a day: whatever asks for more is a defect
  const std::string_view text = head.find("retry-after");
  if (text.empty()) return -1;
  std::uint32_t whole = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), whole);
  if (status == std::errc() && end == text.data() + text.size()) return std::min<double>(whole, kLongest);
  const std::optional<std::int64_t> date = parse_http_date(text);
  if (!date) return -1;
  return std::clamp(static_cast<double>(*date - wall_ns) / 1e9, 0.0, kLongest);
}

std::string_view request_id(const HttpHead& head) noexcept {
  static constexpr std::array<std::string_view, 6> kNames = {"x-amz-request-id",  "x-amzn-requestid",
                                                             "x-ms-request-id",   "x-guploader-uploadid",
                                                             "x-goog-request-id", "x-request-id"};
  for (const std::string_view name : kNames) {
    if (const std::string_view id = head.find(name); !id.empty()) return id;
  }
  return {};
}

}  // namespace genro::storage

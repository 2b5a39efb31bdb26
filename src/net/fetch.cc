#include "net/fetch.h"

#include <cmath>
#include <utility>

#include "codec/base64.h"
#include "codec/percent.h"
#include "genro/storage/error.h"
#include "net/http_client.h"
#include "net/http_error.h"
#include "net/public_network.h"
#include "net/redirect.h"

namespace genro::storage {
namespace {

constexpr double kLongest = 86400.0 * 365;  // seconds

[[noreturn]] void refuse_url(const std::string& url, const std::string& why) {
  const std::string shown = shown_url(url);
  throw Error(ErrorCode::invalid_argument,
              "Invalid URL" + (shown.empty() ? std::string() : ": " + shown) + (why.empty() ? "" : ": " + why));
}

Error failed(const std::string& url, ErrorCode code, const std::string& why) {
  return Error(code, "Failed to download " + shown_url(url) + ": " + why);
}

/// Only kinds that say something about a download; the rest of a status or a failure is plain io.
ErrorCode code_of_download(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::not_found:
    case ErrorCode::permission_denied:
    case ErrorCode::timeout:
    case ErrorCode::cancelled:
    case ErrorCode::connection:
    case ErrorCode::tls:
    case ErrorCode::protocol:
    case ErrorCode::truncated:
    case ErrorCode::throttled:
    case ErrorCode::unavailable: return code;
    default: return ErrorCode::io;
  }
}

HttpRequest request_for(const Uri& uri) {
  HttpRequest request;
  request.target = uri.target();
  request.add_header("Accept", "*/*");
  if (!uri.user_info.empty()) {
    request.add_header("Authorization",
                       "Basic " + base64_encode(percent_decode(uri.user_info).value_or(uri.user_info)));
  }
  return request;
}

HttpOptions http_options(const FetchOptions& options) {
  HttpOptions http;
  http.connect_timeout = http.first_byte_timeout = http.inactivity_timeout = seconds(options.timeout);
  if (options.public_only) http.proxy = "direct";
  return http;
}

Task<std::unique_ptr<HttpResponse>> follow(Env& env, Uri uri, FetchOptions options) {
  const HttpOptions http = http_options(options);
  const HttpEndpoint endpoint = HttpEndpoint::from(uri);
  Task<std::shared_ptr<HttpTransport>> opening = open_http_client(env, endpoint, http);
  std::shared_ptr<HttpTransport> transport = co_await opening;
  Task<std::unique_ptr<HttpResponse>> following =
      send_and_follow(env, std::move(transport), endpoint, request_for(uri), http, {options.max_redirects});
  co_return co_await following;
}

}  // namespace

std::string shown_url(const std::string& url) {
  try {
    return Uri::parse(ascii_url(url)).safe_text();
  } catch (const Error&) {
    return {};
  }
}

void require_fetchable(const std::string& url, const FetchOptions& options) {
  const auto sensible = [](double value) { return std::isfinite(value) && value > 0 && value <= kLongest; };
  if (!sensible(options.timeout) || !sensible(options.total_timeout)) {
    throw Error(ErrorCode::invalid_argument, "timeouts are seconds, more than 0");
  }
  if (options.max_redirects < 0) throw Error(ErrorCode::invalid_argument, "max_redirects must not be negative");
  try {
    static_cast<void>(HttpEndpoint::parse(ascii_url(url)));
  } catch (const Error& error) {
    refuse_url(url, error.message());
  }
}

Task<std::unique_ptr<HttpResponse>> fetch(Env& env, std::string url, FetchOptions options) {
  require_fetchable(url, options);
  Env& world = options.public_only ? public_only(env) : env;
  Task<std::unique_ptr<HttpResponse>> following = follow(world, Uri::parse(ascii_url(url)), options);
  Result<std::unique_ptr<HttpResponse>> followed = co_await following.as_result();
  if (!followed.ok()) {
    const Error error = followed.error();
    if (error.code() == ErrorCode::cancelled) std::rethrow_exception(followed.exception());
    throw failed(url, code_of_download(error.code()), error.message());
  }
  std::unique_ptr<HttpResponse> response = std::move(followed).take();
  if (!response->head.ok()) {
    const Error error = error_of_response(response->head, {}, env.clock->wall_ns());
    // Who may not read the file there has no business with permissions here.
    const ErrorCode code =
        error.code() == ErrorCode::permission_denied ? ErrorCode::io : code_of_download(error.code());
    throw failed(url, code, error.message()).with_retry_after(error.retry_after()).with_request_id(error.request_id());
  }
  co_return response;
}

}  // namespace genro::storage

#include "backends/gcs/client.h"

#include <span>
#include <utility>

#include "backend/http/error_table.h"
#include "backends/gcs/answers.h"
#include "codec/hex.h"
#include "genro/storage/error.h"

namespace genro::storage::gcs {
namespace {

// https://cloud.google.com/storage/docs/json_api/v1/status-codes
constexpr ErrorMeaning kReasons[] = {
    {"authError", ErrorCode::unauthenticated, -1},
    {"backendError", ErrorCode::unavailable, 1},
    {"conditionNotMet", ErrorCode::precondition_failed, -1},
    {"internalError", ErrorCode::unavailable, 1},
    {"quotaExceeded", ErrorCode::throttled, 0},
    {"rateLimitExceeded", ErrorCode::throttled, 1},
    {"requestedRangeNotSatisfiable", ErrorCode::out_of_range, -1},
    {"uploadBrokenConnection", ErrorCode::connection, 1},
    {"userRateLimitExceeded", ErrorCode::throttled, 1},
};
static_assert(is_error_table(kReasons));

/// Google calls a content that is not as its checksum says an "invalid" argument, among all the other ones.
bool tells_of_checksum(const ErrorDocument& document) noexcept {
  return document.reason == "invalid" &&
         (document.message.find("CRC32C") != std::string::npos || document.message.find("MD5") != std::string::npos);
}

}  // namespace

Error error_of(const HttpHead& head, std::string_view body, std::int64_t wall_ns) {
  const ErrorDocument document = parse_error(body);
  Error error = error_of_words(head, kReasons, {document.reason, document.message, {}}, wall_ns);
  if (!tells_of_checksum(document)) return error;
  return Error(ErrorCode::corrupt, error.message()).with_request_id(error.request_id()).with_retryable(true);
}

Client::Client(Config config, Env& env, std::shared_ptr<GoogleCredentials> credentials, TransportFactory make_transport)
    : HttpObjectClient(env, config.http, std::move(make_transport)),
      config_(std::move(config)),
      requests_(config_),
      credentials_(std::move(credentials)) {
  set_route(make_route(HttpEndpoint::from(config_.server), {}));
}

void Client::check_path(std::string_view operation, std::string_view path) const {
  const std::string_view fault = name_fault(config_.prefix + std::string(path));
  if (fault.empty()) return;
  const bool long_name = config_.prefix.size() + path.size() > kLongestName;
  throw Error(long_name ? ErrorCode::name_too_long : ErrorCode::invalid_path, std::string(operation), std::string(path),
              std::string(fault));
}

void Client::add_token(HttpRequest& request, const GoogleToken& token) const {
  request.add_header("authorization", token.authorization);
  const std::string quota = config_.user_project.empty() ? credentials_->quota_project() : std::string();
  if (!quota.empty()) request.add_header("x-goog-user-project", quota);
}

bool Client::authorize(HttpRequest& request, Attempt& attempt) {
  if (!credentials_) return true;
  const std::shared_ptr<const GoogleToken> token = credentials_->cached();
  if (token) add_token(request, *token);
  attempt.credentials = token;
  return token != nullptr;
}

Task<void> Client::authorize_later(HttpRequest* request, Attempt* attempt) {
  Task<std::shared_ptr<const GoogleToken>> fetching = credentials_->get();
  std::shared_ptr<const GoogleToken> token = co_await fetching;
  add_token(*request, *token);
  attempt->credentials = std::move(token);
}

// Fresh ones, when the server has others than those that it refused.
Task<bool> Client::refresh_credentials(Attempt* attempt) {
  const auto refused = std::static_pointer_cast<const GoogleToken>(attempt->credentials);
  credentials_->invalidate(refused);
  Task<std::shared_ptr<const GoogleToken>> fetching = credentials_->get();
  const std::shared_ptr<const GoogleToken> fresh = co_await fetching;
  co_return fresh->authorization != refused->authorization;
}

Error Client::decode_error(const Failure& failure, std::string_view) const {
  return error_of(failure.head, failure.body.view(), wall_ns());
}

Error Client::error_of_answer(const HttpHead& head, std::string_view body) const {
  return error_of(head, body, wall_ns());
}

Task<std::string> Client::signed_link(goog4::Link link, std::string path) {
  check_path("url", path);
  if (!config_.hmac_key.empty()) {
    const goog4::UnsignedLink made = goog4::unsigned_link(link, goog4::LinkKey::hmac, config_.hmac_key);
    const std::string signature = goog4::hmac_signature(config_.hmac_secret, made.text, link.begin_seconds);
    co_return made.url + hex_encode(std::as_bytes(std::span(signature)));
  }
  if (!credentials_) co_return goog4::plain_link(link);
  Task<std::string> asking = credentials_->account();
  const std::string account = co_await asking;
  const goog4::UnsignedLink made = goog4::unsigned_link(link, goog4::LinkKey::rsa, account);
  Task<std::string> signing = credentials_->sign(made.text);
  const std::string signature = co_await signing;
  co_return made.url + hex_encode(std::as_bytes(std::span(signature)));
}

bool Client::bucket_is_missing(std::string_view body) {
  return parse_error(body).message.find("bucket does not exist") != std::string::npos;
}

}  // namespace genro::storage::gcs

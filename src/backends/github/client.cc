#include "backends/github/client.h"

#include <chrono>
#include <optional>
#include <utility>

#include "backends/github/answers.h"
#include "codec/iso8601.h"
#include "codec/percent.h"
#include "net/http_error.h"
#include "net/redirect.h"

namespace genro::storage::github {
namespace {

TransportFactory following_redirects(Env& env) {
  return [&env](const HttpEndpoint& endpoint, const HttpOptions& options) {
    return make_redirecting_client(env, endpoint, options);
  };
}

std::string moment(std::int64_t wall_ns) {
  const std::chrono::sys_time<std::chrono::nanoseconds> time{std::chrono::nanoseconds(wall_ns)};
  return format_iso8601(std::chrono::ceil<std::chrono::seconds>(time));
}

}  // namespace

Client::Client(Config config, Env& env, TransportFactory make_transport, Host host)
    : HttpObjectClient(env, config.http, make_transport ? std::move(make_transport) : following_redirects(env)),
      config_(std::move(config)),
      host_(host),
      root_(host == Host::raw ? config_.raw.path
                              : config_.api.path + "/repos/" + percent_encode(config_.org, PercentSet::component) +
                                    "/" + percent_encode(config_.repo, PercentSet::component)) {
  set_route(make_route(HttpEndpoint::from(host == Host::raw ? config_.raw : config_.api), {}));
}

HttpRequest Client::request_as(std::string_view below, std::string_view media_type) const {
  HttpRequest request;
  request.target = root_ + std::string(below);
  request.add_header("accept", media_type);
  request.add_header("accept-encoding", "identity");
  request.add_header("x-github-api-version", "2022-11-28");
  return request;
}

HttpRequest Client::request(std::string_view below) const { return request_as(below, "application/vnd.github+json"); }

HttpRequest Client::raw_request(std::string_view below) const {
  return request_as(below, host_ == Host::raw ? "*/*" : "application/vnd.github.raw+json");
}

bool Client::authorize(HttpRequest& request, Attempt&) {
  if (!config_.authorization.empty()) request.add_header("authorization", config_.authorization);
  return true;
}

void Client::check_path(std::string_view operation, std::string_view path) const {
  const std::int64_t now = wall_ns();
  const std::optional<std::int64_t> until = limited_.closed(now);
  if (!until) return;
  throw Error(ErrorCode::throttled, std::string(operation), std::string(path),
              "a rate limit of GitHub's is used up: it works again at " + moment(*until))
      .with_retry_after(static_cast<double>(*until - now) * 1e-9);
}

Error Client::limit_error(const RateLimit& limit, std::string_view words) const {
  const std::int64_t until = wall_ns() + static_cast<std::int64_t>(limit.wait * 1e9);
  limited_.close_until(until);
  std::string message = limit.primary ? "GitHub's limit of requests an hour" : "GitHub's secondary rate limit";
  if (limit.primary && !limit.allowed.empty()) message += " (" + limit.allowed + ")";
  message += " is used up: it works again at " + moment(until);
  if (config_.authorization.empty()) message += "; with a 'token' more requests are allowed";
  if (!words.empty()) message.append(". GitHub says: ").append(words);
  return Error(ErrorCode::throttled, std::move(message)).with_retry_after(limit.wait);
}

Error Client::decode_error(const Failure& failure, std::string_view) const {
  const HttpHead& head = failure.head;
  const std::string words = parse_message(failure.body.view());
  if (const std::optional<RateLimit> limit = rate_limit_of(head, words, wall_ns())) return limit_error(*limit, words);
  const Error error = error_of_response(head, words, wall_ns());
  const auto saying = [&](ErrorCode code, std::string message) {
    return Error(code, std::move(message)).with_request_id(std::string(head.find("x-github-request-id")));
  };
  switch (head.status) {
    case 401: return saying(ErrorCode::unauthenticated, "GitHub refuses the 'token': it is wrong, expired or revoked");
    case 403:
      return saying(ErrorCode::permission_denied,
                    "GitHub does not let the mount read " + config_.name() + (words.empty() ? "" : ": " + words));
    case 451: return saying(ErrorCode::permission_denied, "the repository " + config_.name() + " is blocked by law");
    default: return error.with_request_id(std::string(head.find("x-github-request-id")));
  }
}

}  // namespace genro::storage::github

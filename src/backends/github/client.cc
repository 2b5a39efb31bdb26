#include "backends/github/client.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <utility>

#include "backends/github/answers.h"
#include "codec/http_date.h"
#include "codec/iso8601.h"
#include "codec/percent.h"
#include "net/http_error.h"
#include "net/redirect.h"

namespace genro::storage::github {
namespace {

constexpr double kSecond = 1e9;
constexpr double kLongestWait = 86400;
constexpr double kUnsaidWait = 60;  // what GitHub asks for where its answer names no time

TransportFactory following_redirects(Env& env) {
  return [&env](const HttpEndpoint& endpoint, const HttpOptions& options) {
    return make_redirecting_client(env, endpoint, options);
  };
}

std::optional<std::int64_t> number_field(const HttpHead& head, std::string_view name) {
  const std::string_view text = head.find(name);
  std::int64_t number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  return status == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

std::string moment(std::int64_t wall_ns) {
  const std::chrono::sys_time<std::chrono::nanoseconds> time{std::chrono::nanoseconds(wall_ns)};
  return format_iso8601(std::chrono::ceil<std::chrono::seconds>(time));
}

/// Seconds until GitHub answers again; negative for a refusal of another kind.
double asked_wait(const HttpHead& head, std::string_view words, std::int64_t wall_ns) {
  if (head.status != 403 && head.status != 429) return -1;
  const double wait = retry_after(head, wall_ns);
  if (wait >= 0) return wait;
  const std::optional<std::int64_t> reset = number_field(head, "x-ratelimit-reset");
  if (reset && number_field(head, "x-ratelimit-remaining") == 0) {
    // By its own clock, where it says what that shows.
    const std::int64_t now = parse_http_date(head.find("date")).value_or(wall_ns);
    return std::clamp(static_cast<double>(*reset) - static_cast<double>(now) / kSecond, 0.0, kLongestWait);
  }
  const bool limit = head.status == 429 || words.find("rate limit") != std::string_view::npos;
  return limit ? kUnsaidWait : -1;
}

}  // namespace

Client::Client(Config config, Env& env, TransportFactory make_transport)
    : HttpObjectClient(env, config.http, make_transport ? std::move(make_transport) : following_redirects(env)),
      config_(std::move(config)),
      root_(config_.api.path + "/repos/" + percent_encode(config_.org, PercentSet::component) + "/" +
            percent_encode(config_.repo, PercentSet::component)) {
  set_route(make_route(HttpEndpoint::from(config_.api), {}));
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
  return request_as(below, "application/vnd.github.raw+json");
}

bool Client::authorize(HttpRequest& request, Attempt&) {
  if (!config_.authorization.empty()) request.add_header("authorization", config_.authorization);
  return true;
}

void Client::check_path(std::string_view operation, std::string_view path) const {
  const std::int64_t until = closed_until_ns_.load(std::memory_order_relaxed);
  const std::int64_t left = until - wall_ns();
  if (left <= 0) return;
  throw Error(ErrorCode::throttled, std::string(operation), std::string(path),
              "a rate limit of GitHub's is used up: it works again at " + moment(until))
      .with_retry_after(static_cast<double>(left) / kSecond);
}

Error Client::limit_error(const HttpHead& head, std::string_view words, double wait) const {
  const std::int64_t until = wall_ns() + static_cast<std::int64_t>(wait * kSecond);
  closed_until_ns_.store(until, std::memory_order_relaxed);
  const bool primary = number_field(head, "x-ratelimit-remaining") == 0;
  std::string message = primary ? "GitHub's limit of requests an hour" : "GitHub's secondary rate limit";
  const std::string_view most = head.find("x-ratelimit-limit");
  if (primary && number_field(head, "x-ratelimit-limit")) message.append(" (").append(most).append(")");
  message += " is used up: it works again at " + moment(until);
  if (config_.authorization.empty()) message += "; with a 'token' more requests are allowed";
  if (!words.empty()) message.append(". GitHub says: ").append(words);
  return Error(ErrorCode::throttled, std::move(message)).with_retry_after(wait);
}

Error Client::decode_error(const Failure& failure, std::string_view) const {
  const HttpHead& head = failure.head;
  const std::string words = parse_message(failure.body.view());
  const double wait = asked_wait(head, words, wall_ns());
  if (wait >= 0) return limit_error(head, words, wait);
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

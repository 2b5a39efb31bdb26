#include "backends/azure/client.h"

#include <mutex>

#include "backends/azure/error.h"
#include "codec/iso8601.h"
#include "codec/percent.h"

namespace genro::storage::azure {
namespace {

constexpr std::string_view kTooLong = "names of blobs can have no more than 1024 characters";

}  // namespace

void grant_version(const Query& query, SasGrant& grant) {
  if (query.empty()) return;
  grant.resource = query.front().first == "snapshot" ? "bs" : "bv";
  grant.moment = query.front().second;
}

Client::Client(Config config, Env& env, std::shared_ptr<Tokens> tokens, TransportFactory make_transport)
    : HttpObjectClient(env, config.http, std::move(make_transport)),
      config_(std::move(config)),
      random_(*env.random),
      authorizer_(config_.login, std::move(tokens)) {
  const Uri uri = Uri::parse(config_.endpoint);
  base_ = uri.path;
  set_route(make_route(HttpEndpoint::from(uri), {}));
}

std::string_view Client::fault_of(std::string_view path) const noexcept {
  const std::string_view fault = name_fault(path);
  return fault.empty() && is_too_long(config_.prefix, path) ? kTooLong : fault;
}

std::optional<Error> Client::refusal_of(std::string_view operation, std::string_view path) const {
  const std::string_view fault = fault_of(path);
  if (fault.empty()) return std::nullopt;
  return Error(fault == kTooLong ? ErrorCode::name_too_long : ErrorCode::invalid_path, std::string(operation),
               std::string(path), std::string(fault));
}

void Client::check_path(std::string_view operation, std::string_view path) const {
  if (const std::optional<Error> refusal = refusal_of(operation, path)) throw *refusal;
}

std::string Client::target(std::string_view key) const {
  std::string path = base_ + "/" + config_.container;
  if (key.empty()) return path;
  path += '/';
  percent_encode_to(key, PercentSet::path, path);
  return path;
}

HttpRequest Client::request(std::string_view method, std::string_view key, const Query& query) const {
  HttpRequest made;
  made.method = method;
  made.target = target(key);
  char mark = '?';
  for (const auto& [name, value] : query) {
    made.target.append(1, std::exchange(mark, '&')).append(name).append("=");
    percent_encode_to(value, PercentSet::component, made.target);
  }
  made.headers.reserve(HttpRequest::kUsualHeaders);
  return made;
}

HttpRequest Client::change(std::string_view method, std::string_view key, const Query& query) const {
  HttpRequest made = request(method, key, query);
  if (!config_.lease_id.empty()) made.add_header("x-ms-lease-id", config_.lease_id);
  return made;
}

std::string Client::origin() const {
  const HttpEndpoint& endpoint = route()->endpoint;
  return (endpoint.tls ? "https://" : "http://") + endpoint.host_header();
}

std::string Client::public_address(std::string_view key) const { return origin() + target(key); }

std::string Client::address(std::string_view key, const Query& query) const {
  return origin() + request("GET", key, query).target;
}

std::string Client::address_within(std::string_view key, const Query& query) const {
  std::string made = address(key, query);
  authorizer_.add_sas(made);
  return made;
}

Task<void> Client::add_source(HttpRequest* request, std::string key, Query query) {
  SasGrant grant;
  grant_version(query, grant);
  std::string source = address(key, query);
  return authorizer_.add_source(request, std::move(source), config_.container + "/" + key, std::move(grant), wall_ns());
}

bool Client::authorize(HttpRequest& request, Attempt& attempt) {
  request.add_header("x-ms-version", kApiVersion);
  return authorizer_.add(request, attempt.credentials, wall_ns());
}

Task<void> Client::authorize_later(HttpRequest* request, Attempt* attempt) {
  return authorizer_.add_later(request, &attempt->credentials, wall_ns());
}

Task<void> Client::authorize_within_batch(HttpRequest* request) {
  Authorizer::Proof proof;
  if (authorizer_.add(*request, proof, wall_ns())) co_return;
  Task<void> adding = authorizer_.add_later(request, &proof, wall_ns());
  co_await adding;
}

bool Client::means_stale_credentials(const Failure& failure) const {
  return authorizer_.has_tokens() && failure.head.status == 401;
}

Task<bool> Client::refresh_credentials(Attempt* attempt) { return authorizer_.refresh(attempt->credentials); }

Task<std::shared_ptr<const DelegationKey>> Client::delegation_key(std::int64_t until) {
  {
    const std::lock_guard lock(key_mutex_);
    if (delegation_key_ && parse_iso8601(delegation_key_->expires).value_or(0) >= until) co_return delegation_key_;
  }
  constexpr std::int64_t kLongest = std::int64_t{7} * 86400 * 1'000'000'000;
  const std::int64_t now = wall_ns();
  HttpRequest request;
  request.method = "POST";
  request.target = base_ + "/?restype=service&comp=userdelegationkey";
  // As long as the service allows, so that the next links need no request.
  request.body = Body(Bytes::copy_of(delegation_key_request(now, now + kLongest)));
  request.add_header("content-type", "application/xml");
  request.idempotent = true;
  Task<Document> asking = document(std::move(request), {"url", ""});
  const Document answer = co_await asking;
  auto key = std::make_shared<const DelegationKey>(parse_delegation_key(answer.body.view()));
  const std::lock_guard lock(key_mutex_);
  delegation_key_ = key;
  co_return key;
}

Error Client::decode_error(const Failure& failure, std::string_view path) const {
  return error_of(failure.head, failure.body.view(), key_of(path), wall_ns());
}

}  // namespace genro::storage::azure

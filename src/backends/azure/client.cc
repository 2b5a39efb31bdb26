#include "backends/azure/client.h"

#include <mutex>

#include "backends/azure/error.h"
#include "backends/azure/pages.h"
#include "codec/http_date.h"
#include "codec/iso8601.h"
#include "codec/percent.h"
#include "text/utf8.h"

namespace genro::storage::azure {

Client::Client(Config config, Env& env, std::shared_ptr<Tokens> tokens, TransportFactory make_transport)
    : HttpObjectClient(env, config.http, std::move(make_transport)),
      config_(std::move(config)),
      random_(*env.random),
      tokens_(std::move(tokens)) {
  const Uri uri = Uri::parse(config_.endpoint);
  base_ = uri.path;
  set_route(make_route(HttpEndpoint::from(uri), {}));
}

void Client::check_path(std::string_view operation, std::string_view path) const {
  const std::string_view fault = name_fault(path);
  if (fault.empty()) return;
  throw Error(ErrorCode::invalid_path, std::string(operation), std::string(path), std::string(fault));
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
  std::string target = request("GET", key, query).target;
  if (!config_.sas.empty()) add_sas(target);
  return origin() + target;
}

Task<void> Client::add_source(HttpRequest* request, std::string key, Query query) {
  constexpr std::int64_t kLife = std::int64_t{3600} * 1'000'000'000;
  std::string source = address(key, query);
  if (config_.key) {
    SasGrant grant;
    grant.permissions = "r";
    grant.expires = sas_time(wall_ns() + kLife);
    if (!query.empty()) {
      grant.resource = query.front().first == "snapshot" ? "bs" : "bv";
      grant.moment = query.front().second;
    }
    source.append(1, query.empty() ? '?' : '&').append(service_sas(*config_.key, config_.container + "/" + key, grant));
  }
  request->add_header("x-ms-copy-source", source);
  if (!tokens_) co_return;
  Task<std::shared_ptr<const Token>> getting = tokens_->get();
  const std::shared_ptr<const Token> token = co_await getting;
  request->add_header("x-ms-copy-source-authorization", "Bearer " + token->text);
}

bool Client::same_owner(const Client& other) const {
  const Config& a = config_;
  const Config& b = other.config_;
  const bool same_key = a.key && b.key ? a.key->sign("") == b.key->sign("") : !a.key && !b.key;
  return a.endpoint == b.endpoint && a.account == b.account && same_key && a.sas == b.sas && a.identity == b.identity;
}

void Client::add_sas(std::string& target) const {
  target.append(1, target.find('?') == std::string::npos ? '?' : '&').append(config_.sas);
}

bool Client::authorize(HttpRequest& request, Attempt& attempt) {
  request.add_header("x-ms-version", kApiVersion);
  if (!config_.sas.empty()) {
    // Headers are taken back before a second try, a target is not.
    if (!attempt.credentials) add_sas(request.target);
    attempt.credentials = attempt.route;
    return true;
  }
  std::shared_ptr<const Token> token;
  if (tokens_ && !(token = tokens_->cached())) return false;
  add_owner(request, token.get());
  attempt.credentials = std::move(token);
  return true;
}

Task<void> Client::authorize_later(HttpRequest* request, Attempt* attempt) {
  Task<std::shared_ptr<const Token>> getting = tokens_->get();
  std::shared_ptr<const Token> token = co_await getting;
  add_owner(*request, token.get());
  attempt->credentials = std::move(token);
}

void Client::add_owner(HttpRequest& request, const Token* token) const {
  request.add_header("x-ms-date", http_date(wall_ns()));
  if (token) {
    request.add_header("authorization", "Bearer " + token->text);
  } else if (config_.key) {
    const std::string value =
        config_.key->authorization(request.method, request.target, request.headers, request.body.size());
    request.add_header("authorization", value);
  }
}

Task<void> Client::authorize_within_batch(HttpRequest* request) {
  if (!config_.sas.empty()) {
    add_sas(request->target);
    co_return;
  }
  std::shared_ptr<const Token> token;
  if (tokens_) {
    Task<std::shared_ptr<const Token>> getting = tokens_->get();
    token = co_await getting;
  }
  add_owner(*request, token.get());
}

bool Client::means_stale_credentials(const Failure& failure) const { return tokens_ && failure.head.status == 401; }

Task<bool> Client::refresh_credentials(Attempt* attempt) {
  const auto refused = std::static_pointer_cast<const Token>(attempt->credentials);
  tokens_->invalidate(refused);
  Task<std::shared_ptr<const Token>> getting = tokens_->get();
  const std::shared_ptr<const Token> fresh = co_await getting;
  co_return fresh != refused;
}

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
  request.body = Body(Bytes::copy_of("<?xml version=\"1.0\" encoding=\"utf-8\"?><KeyInfo><Start>" + sas_time(now) +
                                     "</Start><Expiry>" + sas_time(now + kLongest) + "</Expiry></KeyInfo>"));
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

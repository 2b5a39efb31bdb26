#include "auth/azure/authorizer.h"

#include <utility>

#include "codec/http_date.h"

namespace genro::storage::azure {

void Authorizer::add_sas(std::string& target) const {
  if (login_.sas.empty()) return;
  target.append(1, target.find('?') == std::string::npos ? '?' : '&').append(login_.sas);
}

void Authorizer::add_owner(HttpRequest& request, const Token* token, std::int64_t now) const {
  request.add_header("x-ms-date", http_date(now));
  if (token) {
    request.add_header("authorization", "Bearer " + token->text);
  } else if (login_.key) {
    request.add_header("authorization",
                       login_.key->authorization(request.method, request.target, request.headers, request.body.size()));
  }
}

bool Authorizer::add(HttpRequest& request, Proof& proof, std::int64_t now) const {
  if (!login_.sas.empty()) {
    if (!proof) add_sas(request.target);
    proof = std::shared_ptr<const void>(std::shared_ptr<void>(), this);
    return true;
  }
  std::shared_ptr<const Token> token;
  if (tokens_ && !(token = tokens_->cached())) return false;
  add_owner(request, token.get(), now);
  proof = std::move(token);
  return true;
}

Task<void> Authorizer::add_later(HttpRequest* request, Proof* proof, std::int64_t now) const {
  Task<std::shared_ptr<const Token>> getting = tokens_->get();
  std::shared_ptr<const Token> token = co_await getting;
  add_owner(*request, token.get(), now);
  *proof = std::move(token);
}

Task<bool> Authorizer::refresh(Proof refused) const {
  tokens_->invalidate(std::static_pointer_cast<const Token>(refused));
  Task<std::shared_ptr<const Token>> getting = tokens_->get();
  const std::shared_ptr<const Token> fresh = co_await getting;
  co_return fresh != refused;
}

Task<void> Authorizer::add_source(HttpRequest* request, std::string address, std::string blob, SasGrant grant,
                                  std::int64_t now) const {
  constexpr std::int64_t kLife = std::int64_t{3600} * 1'000'000'000;
  if (login_.key) {
    grant.permissions = "r";
    grant.expires = sas_time(now + kLife);
    address.append(1, address.find('?') == std::string::npos ? '?' : '&').append(service_sas(*login_.key, blob, grant));
  }
  add_sas(address);
  request->add_header("x-ms-copy-source", address);
  if (!tokens_) co_return;
  Task<std::shared_ptr<const Token>> getting = tokens_->get();
  const std::shared_ptr<const Token> token = co_await getting;
  request->add_header("x-ms-copy-source-authorization", "Bearer " + token->text);
}

}  // namespace genro::storage::azure

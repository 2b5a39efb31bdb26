// Tokens for clients: programs that are registered with Entra ID and prove it by a secret, by a certificate's key, or by a
// token of somebody whom Entra ID trusts (workload identity federation).
#include <nlohmann/json.hpp>
#include <utility>

#include "auth/azure/token_source.h"
#include "auth/form.h"
#include "auth/jwt.h"
#include "auth/small_file.h"
#include "codec/base64.h"
#include "codec/digest.h"
#include "codec/percent.h"
#include "loop/offload.h"
#include "net/uri.h"

namespace genro::storage::azure {
namespace {

constexpr const char* kSource = "Microsoft Entra ID";
constexpr std::string_view kScope = "https://storage.azure.com/.default";
constexpr std::string_view kAssertion = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
constexpr std::int64_t kLifeOfStatement = 600;  // seconds

std::string read_credential(const std::string& path) {
  std::optional<std::string> text = read_small_file(path);
  if (!text) throw token_failure(kSource, "there is no file " + path);
  return std::move(*text);
}

// The DER of the first certificate in a PEM file.
std::vector<std::byte> certificate_in(const std::string& pem, const std::string& path) {
  constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
  const std::size_t begin = pem.find(kBegin);
  const std::size_t end = pem.find("-----END CERTIFICATE-----", begin);
  std::string base64;
  if (begin != std::string::npos && end != std::string::npos) {
    for (std::size_t i = begin + kBegin.size(); i < end; ++i) {
      if (pem[i] != '\r' && pem[i] != '\n') base64 += pem[i];
    }
  }
  std::optional<std::vector<std::byte>> der = base64_decode(base64);
  if (!der || der->empty()) throw token_failure(kSource, "there is no certificate in " + path);
  return std::move(*der);
}

// That the client has the key of the certificate, which Entra ID knows by its thumbprint.
std::string statement_of(const TokenContext& context, const std::string& audience) {
  const std::string& path = context.identity.certificate;
  const std::string pem = read_credential(path);
  const RsaKey key = RsaKey::from_pem(pem);
  const Sha1::Value print = Sha1::of(certificate_in(pem, path));
  const std::string thumbprint(reinterpret_cast<const char*>(print.data()), print.size());
  const std::int64_t now = context.env->clock->wall_ns() / 1'000'000'000;
  const nlohmann::json header{{"alg", "RS256"}, {"typ", "JWT"}, {"x5t", base64url(thumbprint)}};
  const std::string& client = context.identity.client_id;
  const std::string id = std::to_string(context.env->random->next()) + "-" + std::to_string(now);
  const nlohmann::json claims{{"aud", audience}, {"iss", client}, {"sub", client},
                              {"jti", id},       {"nbf", now},    {"exp", now + kLifeOfStatement}};
  return signed_jwt(key, header.dump(), claims.dump());
}

std::string proof_of(const TokenContext& context, const std::string& audience) {
  if (context.identity.kind == IdentityKind::certificate) return statement_of(context, audience);
  std::string token = read_credential(context.identity.token_file);  // each time: it is replaced by the platform
  token.erase(token.find_last_not_of("\r\n ") + 1);
  return token;
}

std::string token_url(const TokenContext& context) {
  std::string authority = context.variables("AZURE_AUTHORITY_HOST");
  if (authority.empty()) authority = "https://login.microsoftonline.com";
  if (authority.find("://") == std::string::npos) authority.insert(0, "https://");
  while (authority.ends_with('/')) authority.pop_back();
  const Uri uri = Uri::parse(authority);
  const bool here = uri.host == "127.0.0.1" || uri.host == "localhost" || uri.host == "::1";
  if (uri.scheme != "https" && !here)
    throw Error(ErrorCode::config, "AZURE_AUTHORITY_HOST must be a URL with https: a secret is sent there");
  return authority + "/" + percent_encode(context.identity.tenant_id, PercentSet::component) + "/oauth2/v2.0/token";
}

}  // namespace

Task<Token> token_of_client(TokenContext context) {
  SmallRequest request;
  request.method = "POST";
  request.url = token_url(context);
  request.tls = context.tls;
  request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  const Identity& identity = context.identity;
  if (identity.kind == IdentityKind::client_secret) {
    request.body = form_of({{"grant_type", "client_credentials"},
                            {"scope", kScope},
                            {"client_id", identity.client_id},
                            {"client_secret", identity.client_secret}});
  } else {
    auto proving = offload([&context, &request] { return proof_of(context, request.url); });
    const std::string proof = co_await proving;
    request.body = form_of({{"grant_type", "client_credentials"},
                            {"scope", kScope},
                            {"client_id", identity.client_id},
                            {"client_assertion_type", kAssertion},
                            {"client_assertion", proof}});
  }
  Task<SmallAnswer> asking = small_request(*context.env, std::move(request));
  const SmallAnswer answer = co_await asking;
  co_return token_of_answer(kSource, answer, context.env->clock->wall_ns());
}

}  // namespace genro::storage::azure

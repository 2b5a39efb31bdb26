#include "auth/azure/token.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "auth/azure/token_source.h"
#include "auth/expiry.h"

namespace genro::storage::azure {
namespace {

std::string text_in(const nlohmann::json& document, const char* name) {
  const auto at = document.find(name);
  return at != document.end() && at->is_string() ? at->get<std::string>() : std::string();
}

// A number, which some services write as text; 0 where there is none.
std::int64_t number_in(const nlohmann::json& document, const char* name) {
  const auto at = document.find(name);
  if (at != document.end() && at->is_number_integer()) return at->get<std::int64_t>();
  const std::string text = text_in(document, name);
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

void fill(std::string& value, const Environment& variables, const char* name) {
  if (value.empty()) value = variables(name);
}

void require(const std::string& value, const char* option, const char* variable) {
  if (!value.empty()) return;
  throw Error(ErrorCode::config, std::string("needs '") + option + "', or " + variable + " in the environment");
}

IdentityKind kind_of(const Identity& identity) {
  if (!identity.client_secret.empty()) return IdentityKind::client_secret;
  if (!identity.certificate.empty()) return IdentityKind::certificate;
  return identity.token_file.empty() ? IdentityKind::managed : IdentityKind::workload;
}

}  // namespace

Error token_failure(const std::string& source, const std::string& why) {
  return Error(ErrorCode::unauthenticated, "cannot get a token from " + source + ": " + why);
}

Token token_of_answer(const std::string& source, const SmallAnswer& answer, std::int64_t now_ns) {
  const nlohmann::json document = nlohmann::json::parse(answer.text, nullptr, false);
  if (!answer.ok()) {
    std::string why = "it answered " + std::to_string(answer.status);
    if (document.is_object()) {
      const std::string words = text_in(document, "error_description");
      why.append(", ")
          .append(text_in(document, "error"))
          .append(": ")
          .append(words.substr(0, words.find_first_of("\r\n")));
    }
    const bool passes = answer.status == 429 || answer.status >= 500;
    const Error failure = token_failure(source, why);
    throw passes ? Error(ErrorCode::unavailable, failure.message()) : failure;
  }
  Token token;
  if (document.is_object()) token.text = text_in(document, "access_token");
  if (token.text.empty() || token.text.find_first_of("\r\n") != std::string::npos)
    throw token_failure(source, "its answer has no token");
  const std::int64_t life = number_in(document, "expires_in");
  const std::int64_t end = number_in(document, "expires_on");
  token.expires_at =
      life > 0 || end <= 0 ? expiry(now_ns, static_cast<double>(life)) : expiry(0, static_cast<double>(end));
  return token;
}

Identity complete_identity(Identity given, const Environment& variables) {
  fill(given.tenant_id, variables, "AZURE_TENANT_ID");
  fill(given.client_id, variables, "AZURE_CLIENT_ID");
  const bool any = given.kind == IdentityKind::none;
  // What was configured for this mount counts before what the environment has for all.
  if (any && kind_of(given) == IdentityKind::managed) {
    fill(given.client_secret, variables, "AZURE_CLIENT_SECRET");
    fill(given.certificate, variables, "AZURE_CLIENT_CERTIFICATE_PATH");
    fill(given.token_file, variables, "AZURE_FEDERATED_TOKEN_FILE");
  }
  if (any) given.kind = kind_of(given);
  switch (given.kind) {
    case IdentityKind::none:
    case IdentityKind::managed: return given;
    case IdentityKind::client_secret:
      fill(given.client_secret, variables, "AZURE_CLIENT_SECRET");
      require(given.client_secret, "client_secret", "AZURE_CLIENT_SECRET");
      break;
    case IdentityKind::certificate:
      fill(given.certificate, variables, "AZURE_CLIENT_CERTIFICATE_PATH");
      require(given.certificate, "client_certificate", "AZURE_CLIENT_CERTIFICATE_PATH");
      break;
    case IdentityKind::workload:
      fill(given.token_file, variables, "AZURE_FEDERATED_TOKEN_FILE");
      require(given.token_file, "federated_token_file", "AZURE_FEDERATED_TOKEN_FILE");
      break;
  }
  require(given.tenant_id, "tenant_id", "AZURE_TENANT_ID");
  require(given.client_id, "client_id", "AZURE_CLIENT_ID");
  return given;
}

std::shared_ptr<Tokens> make_tokens(Env& env, Identity identity, Environment variables, TlsOptions tls) {
  TokenContext context{&env, std::move(identity), std::move(variables), std::move(tls)};
  return std::make_shared<Tokens>(*env.clock, [context = std::move(context)] {
    return context.identity.kind == IdentityKind::managed ? token_of_machine(context) : token_of_client(context);
  });
}

}  // namespace genro::storage::azure

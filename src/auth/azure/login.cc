#include "auth/azure/login.h"

#include <utility>

#include "auth/azure/connection_string.h"
#include "genro/storage/error.h"

namespace genro::storage::azure {
namespace {

Error wrong(std::string option, std::string what) {
  return Error(ErrorCode::config, "configure", std::move(option), std::move(what));
}

std::string without_question(std::string sas) {
  if (sas.starts_with('?')) sas.erase(0, 1);
  return sas;
}

void take_key(const char* option, const std::string& text, Login& login) {
  if (text.empty()) return;
  std::optional<SharedKey> key = SharedKey::parse(login.account, text);
  if (!key) throw wrong(option, "must have the account's key in base64");
  login.key = std::make_shared<const SharedKey>(std::move(*key));
}

// Of the configuration, or of the environment where that speaks of the same account.
void take_connection_string(const std::string& text, bool ours, Login& login) {
  ConnectionString parsed;
  try {
    parsed = parse_connection_string(text);
  } catch (const Error& error) {
    throw wrong("connection_string", error.message());
  }
  if (parsed.account != login.account) {
    if (!ours) return;
    throw wrong("account_name", "must be the account of the connection string");
  }
  login.endpoint = parsed.blob_endpoint;
  login.sas = parsed.sas;
  take_key("connection_string", parsed.account_key, login);
}

void take_environment(const Environment& variables, Login& login) {
  const auto either = [&variables](const char* name, const char* other) {
    std::string value = variables(name);
    return value.empty() ? variables(other) : value;
  };
  const std::string account = either("AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_ACCOUNT_NAME");
  if (!account.empty() && account != login.account) return;  // its credentials are another account's
  if (const std::string text = variables("AZURE_STORAGE_CONNECTION_STRING"); !text.empty()) {
    take_connection_string(text, false, login);
    if (login.key || !login.sas.empty()) return;
  }
  take_key("account_key", either("AZURE_STORAGE_KEY", "AZURE_STORAGE_ACCOUNT_KEY"), login);
  if (!login.key) login.sas = without_question(either("AZURE_STORAGE_SAS_TOKEN", "AZURE_STORAGE_SAS"));
}

IdentityKind kind_named(const std::string& credential) {
  if (credential == "client_secret") return IdentityKind::client_secret;
  if (credential == "certificate") return IdentityKind::certificate;
  if (credential == "workload") return IdentityKind::workload;
  if (credential == "managed") return IdentityKind::managed;
  if (credential == "cli") {
    throw wrong("credential",
                "cannot be 'cli': its tokens are the user's, encrypted and in a form that changes; give a client's "
                "secret, or 'sas_token' from `az storage container generate-sas`");
  }
  return IdentityKind::none;
}

// Tokens are asked for where there is nothing else, or where the configuration says so.
void take_identity(const std::string& credential, Identity identity, const Environment& variables, Login& login) {
  identity.kind = kind_named(credential);
  const bool named = identity.kind != IdentityKind::none || !identity.client_id.empty();
  if (!named && (login.key || !login.sas.empty())) return;
  try {
    login.identity = complete_identity(std::move(identity), variables);
  } catch (const Error& error) {
    throw wrong("credential", error.message());
  }
  login.key = nullptr;
  login.sas.clear();
}

}  // namespace

std::string Login::text() const {
  std::string text = account;
  for (const std::string& part :
       {sas, key ? key->sign("") : std::string(), std::to_string(static_cast<int>(identity.kind)), identity.tenant_id,
        identity.client_id, identity.client_secret, identity.certificate, identity.token_file})
    text.append("\n").append(part);
  return text;
}

Login complete_login(LoginOptions options, const Environment& variables) {
  Login login;
  login.account = std::move(options.account);
  if (options.connection_string) take_connection_string(*options.connection_string, true, login);
  if (options.account_key) take_key("account_key", *options.account_key, login);
  if (options.sas_token) login.sas = without_question(std::move(*options.sas_token));
  if (options.anonymous) {
    login.key = nullptr;
    login.sas.clear();
    return login;
  }
  if (!login.key && login.sas.empty()) take_environment(variables, login);
  take_identity(options.credential, std::move(options.identity), variables, login);
  if (login.key) login.sas.clear();  // the key can do all that a signature can
  return login;
}

}  // namespace genro::storage::azure

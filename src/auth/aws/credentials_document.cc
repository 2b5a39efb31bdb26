#include "auth/aws/credentials_document.h"

#include <nlohmann/json.hpp>

#include "auth/expiry.h"
#include "codec/iso8601.h"

namespace genro::storage {
namespace {

using Json = nlohmann::json;

std::string text_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

Error credentials_failure(const std::string& source, std::string why) {
  return Error(ErrorCode::unauthenticated, "get credentials", source, std::move(why));
}

Credentials credentials_from_json(std::string_view text, const CredentialsMembers& members, const std::string& source) {
  Json document = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (document.is_object() && members.inside) document = document.value(members.inside, Json());
  if (!document.is_object()) throw credentials_failure(source, "the answer is not the expected JSON");
  Credentials found;
  found.source = source;
  found.access_key = text_of(document, members.access_key);
  found.secret_key = text_of(document, members.secret_key);
  found.session_token = text_of(document, members.session_token);
  if (found.access_key.empty() || found.secret_key.empty()) {
    throw credentials_failure(source,
                              std::string("the answer lacks ") + members.access_key + " or " + members.secret_key);
  }
  const auto expiration = document.find(members.expiration);
  if (expiration != document.end() && expiration->is_number()) {
    found.expires_at = expiry(0, expiration->get<double>() / 1000);
  } else if (expiration != document.end() && expiration->is_string()) {
    const auto time = parse_iso8601(expiration->get<std::string>());
    if (!time) throw credentials_failure(source, "the answer has an expiration that is no time");
    found.expires_at = *time;
  }
  return found;
}

std::string string_member(std::string_view json, const char* name) {
  const Json document = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  return document.is_object() ? text_of(document, name) : std::string();
}

}  // namespace genro::storage

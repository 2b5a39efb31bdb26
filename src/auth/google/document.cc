#include "auth/google/document.h"

#include <utility>

#include "auth/expiry.h"
#include "net/uri.h"

namespace genro::storage {
namespace {

using Json = nlohmann::json;

std::string member_text(const Json& object, const char* name) {
  if (!object.is_object()) return {};
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// What a service says of a refusal: OAuth's "error" and "error_description", or "error": {"status", "message"}.
std::string words_of(const std::string& text) {
  const Json document = Json::parse(text, nullptr, false);
  if (!document.is_object()) return {};
  const auto error = document.find("error");
  const bool nested = error != document.end() && error->is_object();
  std::string code = nested ? member_text(*error, "status") : member_text(document, "error");
  const std::string message = nested ? member_text(*error, "message") : member_text(document, "error_description");
  if (!message.empty()) code.append(code.empty() ? "" : ": ").append(message);
  return code;
}

}  // namespace

GoogleDocument GoogleDocument::parse(std::string_view text, std::string source) {
  Json value = Json::parse(text, nullptr, false);
  if (!value.is_object()) throw Error(ErrorCode::config, "read credentials", source, "it is no JSON object");
  return {std::move(value), std::move(source)};
}

Error GoogleDocument::wrong(std::string why) const {
  return Error(ErrorCode::config, "read credentials", source_, std::move(why));
}

std::string GoogleDocument::text(const char* name) const { return member_text(value_, name); }

std::string GoogleDocument::required(const char* name) const {
  std::string value = text(name);
  if (value.empty()) throw wrong(std::string("it lacks '") + name + "'");
  return value;
}

GoogleDocument GoogleDocument::inside(const char* name) const {
  const auto found = value_.is_object() ? value_.find(name) : value_.end();
  const bool object = found != value_.end() && found->is_object();
  return {object ? *found : Json::object(), source_};
}

Error google_failure(const std::string& source, std::string why) {
  return Error(ErrorCode::unauthenticated, "get a token", source, std::move(why));
}

Error google_refusal(const std::string& source, const SmallAnswer& answer) {
  std::string why = "the service answered " + std::to_string(answer.status);
  const std::string words = words_of(answer.text);
  if (!words.empty()) why.append(", ").append(words);
  const bool passing = answer.status >= 500 || answer.status == 429 || answer.status == 408;
  if (passing) return Error(ErrorCode::unavailable, "get a token", source, std::move(why));
  return google_failure(source, std::move(why));
}

GoogleToken token_of_answer(const std::string& source, const SmallAnswer& answer, std::int64_t now_ns) {
  if (!answer.ok()) throw google_refusal(source, answer);
  const Json document = Json::parse(answer.text, nullptr, false);
  const std::string token = member_text(document, "access_token");
  if (token.empty()) throw google_failure(source, "the answer has no access_token");
  GoogleToken result{"Bearer " + token, kNeverExpires};
  const auto life = document.find("expires_in");
  if (life != document.end() && life->is_number()) result.expires_at = expiry(now_ns, life->get<double>());
  return result;
}

SmallRequest json_request(const GoogleContext& context, std::string url, const GoogleToken& by, std::string body) {
  SmallRequest request;
  request.method = "POST";
  request.url = std::move(url);
  request.headers.emplace_back("Authorization", by.authorization);
  request.headers.emplace_back("Content-Type", "application/json");
  request.body = std::move(body);
  request.tls = context.tls;
  return request;
}

void require_safe_url(const std::string& url, const std::string& source) {
  try {
    const Uri uri = Uri::parse(url);
    const bool here = uri.host == "localhost" || uri.host.starts_with("127.") || uri.host == "::1";
    if (uri.scheme == "https" || (uri.scheme == "http" && here)) return;
  } catch (const Error&) {  // its message may echo a password inside the URL
  }
  throw Error(ErrorCode::config, "read credentials", source,
              "it names an address that is neither https nor on this machine: no secret is sent there");
}

}  // namespace genro::storage

// Service account impersonation through the IAM Credentials API.
// https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts
#include <span>
#include <utility>

#include "auth/google/identity.h"
#include "codec/base64.h"
#include "codec/iso8601.h"

namespace genro::storage {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kGenerate = ":generateAccessToken";

class ImpersonatedAccount final : public GoogleIdentity {
 public:
  ImpersonatedAccount(const GoogleContext& context, const GoogleDocument& document, GoogleIdentityPointer by)
      : context_(context), by_(std::move(by)), quota_project_(document.text("quota_project_id")) {
    who_.url = document.required("service_account_impersonation_url");
    who_.source = document.source();
    who_.lifetime = "3600s";
    const auto delegates = document.json().find("delegates");
    who_.delegates = delegates != document.json().end() && delegates->is_array() ? delegates->dump() : "[]";
    require_safe_url(who_.url, who_.source);
    if (who_.account().empty()) throw document.wrong("'service_account_impersonation_url' names no account");
  }

  Task<GoogleToken> fetch() override {
    Task<GoogleToken> fetching = by_->fetch();
    GoogleToken token = co_await fetching;
    Task<GoogleToken> impersonating = impersonate(context_, who_, std::move(token));
    co_return co_await impersonating;
  }
  Task<std::string> account() override { return ready(who_.account()); }
  Task<std::string> sign(std::string text) override {
    Task<GoogleToken> fetching = by_->fetch();
    GoogleToken token = co_await fetching;
    Task<std::string> signing = sign_by_iam(context_, who_, std::move(token), std::move(text));
    co_return co_await signing;
  }
  std::string quota_project() const override { return quota_project_; }

 private:
  GoogleContext context_;
  GoogleIdentityPointer by_;
  std::string quota_project_;
  Impersonation who_;
};

}  // namespace

std::string Impersonation::account() const {
  const std::string_view whole = url;
  const std::size_t slash = whole.rfind('/');
  if (!whole.ends_with(kGenerate) || slash == std::string_view::npos) return {};
  return std::string(whole.substr(slash + 1, whole.size() - kGenerate.size() - slash - 1));
}

Task<GoogleToken> impersonate(GoogleContext context, Impersonation who, GoogleToken by) {
  const Json body{
      {"scope", Json::array({kGoogleScope})}, {"delegates", Json::parse(who.delegates)}, {"lifetime", who.lifetime}};
  Task<SmallAnswer> asking = small_request(*context.env, json_request(context, who.url, by, body.dump()));
  const SmallAnswer answer = co_await asking;
  if (!answer.ok()) throw google_refusal(who.source, answer);
  const GoogleDocument document(Json::parse(answer.text, nullptr, false), who.source);
  const std::string token = document.text("accessToken");
  const auto end = parse_iso8601(document.text("expireTime"));
  if (token.empty() || !end) throw google_failure(who.source, "the answer lacks accessToken or expireTime");
  co_return GoogleToken{"Bearer " + token, *end};
}

Task<std::string> sign_by_iam(GoogleContext context, Impersonation who, GoogleToken by, std::string text) {
  std::string url = who.url.substr(0, who.url.size() - kGenerate.size()) + ":signBlob";
  const Json body{{"payload", base64_encode(text)}, {"delegates", Json::parse(who.delegates)}};
  Task<SmallAnswer> asking = small_request(*context.env, json_request(context, std::move(url), by, body.dump()));
  const SmallAnswer answer = co_await asking;
  if (!answer.ok()) throw google_refusal(who.source, answer);
  const GoogleDocument document(Json::parse(answer.text, nullptr, false), who.source);
  const auto octets = base64_decode(document.text("signedBlob"));
  if (!octets || octets->empty()) throw google_failure(who.source, "the answer has no signedBlob");
  co_return std::string(reinterpret_cast<const char*>(octets->data()), octets->size());
}

GoogleIdentityPointer make_impersonated_account(const GoogleContext& context, const GoogleDocument& document) {
  GoogleDocument by = document.inside("source_credentials");
  if (by.empty()) throw document.wrong("it lacks 'source_credentials'");
  return std::make_shared<ImpersonatedAccount>(context, document, make_google_identity(context, std::move(by)));
}

}  // namespace genro::storage

// A person who has logged in by `gcloud auth application-default login`: a refresh token is exchanged for access tokens.
// https://datatracker.ietf.org/doc/html/rfc6749#section-6
#include "auth/form.h"
#include "auth/google/identity.h"

namespace genro::storage {
namespace {

class AuthorizedUser final : public GoogleIdentity {
 public:
  AuthorizedUser(const GoogleContext& context, const GoogleDocument& document)
      : context_(context),
        source_(document.source()),
        client_id_(document.required("client_id")),
        client_secret_(document.required("client_secret")),
        refresh_token_(document.required("refresh_token")),
        token_uri_(document.text("token_uri")),
        quota_project_(document.text("quota_project_id")) {
    if (token_uri_.empty()) token_uri_ = "https://oauth2.googleapis.com/token";
    require_safe_url(token_uri_, source_);
  }

  Task<GoogleToken> fetch() override {
    SmallRequest request;
    request.method = "POST";
    request.url = token_uri_;
    request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    request.body = form_of({{"grant_type", "refresh_token"},
                            {"client_id", client_id_},
                            {"client_secret", client_secret_},
                            {"refresh_token", refresh_token_}});
    request.tls = context_.tls;
    Task<SmallAnswer> asking = small_request(*context_.env, std::move(request));
    const SmallAnswer answer = co_await asking;
    if (answer.status == 400 && answer.text.find("invalid_grant") != std::string::npos) {
      throw google_failure(source_,
                           "the login has expired or was revoked: run 'gcloud auth application-default login'");
    }
    co_return token_of_answer(source_, answer, context_.env->clock->wall_ns());
  }

  Task<std::string> account() override {
    throw Error(ErrorCode::unsupported, "sign", source_,
                "a person's login has no key to sign with: use a service account, or impersonate one");
    co_return std::string();
  }
  Task<std::string> sign(std::string) override { return account(); }

  std::string quota_project() const override { return quota_project_; }

 private:
  GoogleContext context_;
  std::string source_;
  std::string client_id_;
  std::string client_secret_;
  std::string refresh_token_;
  std::string token_uri_;
  std::string quota_project_;
};

}  // namespace

GoogleIdentityPointer make_authorized_user(const GoogleContext& context, const GoogleDocument& document) {
  return std::make_shared<AuthorizedUser>(context, document);
}

}  // namespace genro::storage

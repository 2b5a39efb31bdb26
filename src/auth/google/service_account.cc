// A service account with a key of its own: it signs its access tokens itself, without asking anybody.
// https://google.aip.dev/auth/4111
#include <algorithm>

#include "auth/google/identity.h"
#include "auth/jwt.h"
#include "codec/rsa.h"
#include "loop/offload.h"

namespace genro::storage {
namespace {

constexpr std::int64_t kLife = 3600;  // seconds: the longest that is taken

class ServiceAccount final : public GoogleIdentity {
 public:
  ServiceAccount(const GoogleContext& context, const GoogleDocument& document)
      : clock_(*context.env->clock),
        account_(document.required("client_email")),
        key_id_(document.text("private_key_id")),
        quota_project_(document.text("quota_project_id")),
        key_(key_of(document)) {}

  Task<GoogleToken> fetch() override {
    const std::int64_t now = clock_.wall_ns() / 1'000'000'000;
    nlohmann::json header{{"alg", "RS256"}, {"typ", "JWT"}};
    if (!key_id_.empty()) header["kid"] = key_id_;
    const nlohmann::json claims{
        {"iss", account_}, {"sub", account_}, {"scope", kGoogleScope}, {"iat", now}, {"exp", now + kLife}};
    auto signing = offload([&] { return signed_jwt(key_, header.dump(), claims.dump()); });
    const std::string token = co_await signing;
    co_return GoogleToken{"Bearer " + token, (now + kLife) * 1'000'000'000};
  }

  Task<std::string> account() override { return ready(account_); }
  Task<std::string> sign(std::string text) override {
    auto signing = offload([this, &text] { return key_.sign(text); });
    co_return co_await signing;
  }

  std::string quota_project() const override { return quota_project_; }

 private:
  static RsaKey key_of(const GoogleDocument& document) {
    const std::string pem = document.required("private_key");
    try {
      return RsaKey::from_pem(pem);
    } catch (const Error& error) {
      throw document.wrong(error.message());
    }
  }

  Clock& clock_;
  std::string account_;
  std::string key_id_;
  std::string quota_project_;
  RsaKey key_;
};

}  // namespace

GoogleIdentityPointer make_service_account(const GoogleContext& context, const GoogleDocument& document) {
  return std::make_shared<ServiceAccount>(context, document);
}

}  // namespace genro::storage

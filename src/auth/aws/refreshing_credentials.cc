// CredentialsProvider implementations: over a chain of sources, and for fixed keys.
#include <utility>
#include <vector>

#include "auth/aws/credentials_chain.h"
#include "auth/refreshing.h"

namespace genro::storage {
namespace {

class RefreshingCredentials final : public CredentialsProvider {
 public:
  RefreshingCredentials(Env& env, std::vector<std::unique_ptr<CredentialsSource>> sources)
      : sources_(std::move(sources)), current_(*env.clock, [this] { return fetch(); }) {}

  Task<std::shared_ptr<const Credentials>> get() override { return current_.get(); }
  std::shared_ptr<const Credentials> cached() noexcept override { return current_.cached(); }
  void invalidate(const std::shared_ptr<const Credentials>& refused) noexcept override { current_.invalidate(refused); }

 private:
  Task<Credentials> fetch() {
    std::string tried;
    for (const std::unique_ptr<CredentialsSource>& source : sources_) {
      Task<std::optional<Credentials>> task = source->fetch();
      std::optional<Credentials> found = co_await task;
      if (found) {
        if (found->source.empty()) found->source = source->name();
        co_return std::move(*found);
      }
      tried.append(tried.empty() ? "" : ", ").append(source->name());
    }
    throw Error(ErrorCode::unauthenticated, "find credentials", {}, "none found; tried: " + tried);
  }

  std::vector<std::unique_ptr<CredentialsSource>> sources_;
  Refreshing<Credentials> current_;
};

class StaticCredentials final : public CredentialsProvider {
 public:
  explicit StaticCredentials(Credentials credentials)
      : credentials_(std::make_shared<const Credentials>(std::move(credentials))) {}
  Task<std::shared_ptr<const Credentials>> get() override { return ready(credentials_); }
  std::shared_ptr<const Credentials> cached() noexcept override { return credentials_; }

 private:
  std::shared_ptr<const Credentials> credentials_;
};

}  // namespace

std::shared_ptr<CredentialsProvider> make_static_credentials(Credentials credentials) {
  return std::make_shared<StaticCredentials>(std::move(credentials));
}

std::shared_ptr<CredentialsProvider> make_credentials_chain(Env& env,
                                                            std::vector<std::unique_ptr<CredentialsSource>> sources) {
  return std::make_shared<RefreshingCredentials>(env, std::move(sources));
}

}  // namespace genro::storage

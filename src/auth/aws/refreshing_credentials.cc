// The provider over a chain of sources: looks on first use, refreshes ahead of expiry, once for all who wait.
//
// 1. Under the mutex there is one state: the credentials known, and whether somebody is fetching.
// 2. Whoever finds them missing or old and nobody fetching, fetches; all others wait in line, or go on with the old ones
//    while these are still valid.
// 3. A fetcher that ends, in whatever way, wakes all who wait. Its failure is theirs, too: a hundred waiting calls must not ask
//    a dead service one after the other. If it was only stopped, the next of them becomes the fetcher.
#include <utility>
#include <vector>

#include "auth/aws/credentials_chain.h"
#include "core/mutex.h"
#include "loop/run.h"
#include "net/wait_queue.h"

namespace genro::storage {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kRefreshAhead = 300 * kSecond;  // new ones are fetched, the old ones still serve
constexpr std::int64_t kTooOld = 10 * kSecond;         // a request signed with these might arrive too late
constexpr std::int64_t kRetryFailedRefresh = 30 * kSecond;
constexpr Duration kLongestWait = std::chrono::seconds(60);

class RefreshingCredentials final : public CredentialsProvider {
 public:
  RefreshingCredentials(Env& env, std::vector<std::unique_ptr<CredentialsSource>> sources)
      : env_(env), sources_(std::move(sources)) {}

  std::shared_ptr<const Credentials> cached() noexcept override {
    std::lock_guard lock(mutex_);
    return known_ && !wants_refresh() ? known_ : nullptr;
  }

  void invalidate(const std::shared_ptr<const Credentials>& refused) noexcept override {
    std::lock_guard lock(mutex_);
    if (known_ == refused) known_ = nullptr;
  }

  Task<std::shared_ptr<const Credentials>> get() override {
    co_await hop();
    Context& context = co_await current_context();
    Loop& loop = loop_of(context);  // before the mutex is held: getting one may have to wait for others, who need it
    std::uint64_t seen = 0;         // failures before this call waited
    for (bool waited = false;; waited = true) {
      std::unique_lock lock(mutex_);
      forget_parent_process();
      if (waited && failures_ != seen) std::rethrow_exception(failure_);
      seen = failures_;
      if (known_ && (!wants_refresh() || (fetching_ && !too_old()))) co_return known_;
      if (!fetching_) {
        fetching_ = true;
        lock.unlock();
        break;
      }
      const WaitStatus status = co_await waiting_.wait(std::move(lock), loop.now() + kLongestWait);
      if (status != WaitStatus::ready) throw_wait(status, context, "waiting for credentials");
    }
    Task<Credentials> fetching = fetch();
    Result<Credentials> result = co_await fetching.as_result();
    std::lock_guard lock(mutex_);
    fetching_ = false;
    if (result.ok()) {
      failure_ = nullptr;
      known_ = std::make_shared<const Credentials>(std::move(result.value()));
    } else if (known_ && !too_old()) {
      not_before_ = env_.clock->wall_ns() + kRetryFailedRefresh;  // what is there still serves
    } else {
      if (!context.scope->stopped() && loop.now() < context.deadline) {
        failure_ = result.exception();
        ++failures_;
      }
      waiting_.wake_all();
      std::rethrow_exception(result.exception());
    }
    waiting_.wake_all();
    co_return known_;
  }

 private:
  // Both under the mutex, with known_ set. Subtractions that cannot overflow: kNoExpiry is the largest number.
  bool wants_refresh() const noexcept {
    const std::int64_t now = env_.clock->wall_ns();
    return known_->expires_at - kRefreshAhead < now && now >= not_before_;
  }
  bool too_old() const noexcept { return known_->expires_at - kTooOld < env_.clock->wall_ns(); }

  // A forked child has neither the fetching thread nor the waiting ones.
  void forget_parent_process() noexcept {
    if (std::exchange(generation_, fork_generation()) == fork_generation()) return;
    fetching_ = false;
    waiting_.abandon();
  }

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

  Env& env_;
  std::vector<std::unique_ptr<CredentialsSource>> sources_;
  Mutex mutex_;
  WaitQueue waiting_{mutex_};
  std::shared_ptr<const Credentials> known_;
  std::exception_ptr failure_;  // of the last fetch that was not stopped
  std::uint64_t failures_ = 0;
  std::int64_t not_before_ = 0;
  unsigned generation_ = fork_generation();
  bool fetching_ = false;
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

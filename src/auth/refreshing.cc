// Under the mutex there is one state: the value known, and whether somebody is fetching.
// 1. Whoever finds it missing or old and nobody fetching, fetches; all others wait in line, or go on with the old one while
//    that is still valid.
// 2. A fetch that ends, in whatever way, wakes all who wait. Its failure is theirs, too: a hundred waiting calls must not ask
//    a dead service one after the other. If it was only stopped, the next of them fetches.
#include "auth/refreshing.h"

#include <algorithm>
#include <exception>
#include <mutex>

#include "loop/run.h"

namespace genro::storage::detail {
namespace {

constexpr Duration kLongestWait = std::chrono::seconds(60);

}  // namespace

RefreshingValue::RefreshingValue(Clock& clock, RefreshTimes times) noexcept
    : clock_(clock), times_(times), generation_(fork_generation()) {}

RefreshingValue::Value RefreshingValue::fresh_value() noexcept {
  const std::lock_guard lock(mutex_);
  return known_.value && !wants_refresh() ? known_.value : nullptr;
}

void RefreshingValue::drop_value(const Value& refused) noexcept {
  const std::lock_guard lock(mutex_);
  if (known_.value == refused) known_ = {};
}

void RefreshingValue::know(Fetched fetched) noexcept {
  known_ = std::move(fetched);
  refresh_at_ = kNeverExpires;
  if (known_.expires_at == kNeverExpires) return;
  // A service that hands out the same token until shortly before its end must not be asked for it at every request.
  const std::int64_t now = clock_.wall_ns();
  refresh_at_ = std::max(known_.expires_at - times_.ahead.count(), now + (known_.expires_at - now) / 2);
}

// The fetching thread and the waiting ones are the parent's.
void RefreshingValue::forget_parent_process() noexcept {
  if (std::exchange(generation_, fork_generation()) == fork_generation()) return;
  fetching_ = false;
  waiting_.forget_after_fork();
}

Task<RefreshingValue::Value> RefreshingValue::get_value() {
  co_await hop();
  Context& context = co_await current_context();
  Loop& loop = loop_of(context);  // before the mutex is held: getting one may have to wait for others, who need it
  std::uint64_t seen = 0;         // failures before this call waited
  for (bool waited = false;; waited = true) {
    std::unique_lock lock(mutex_);
    forget_parent_process();
    if (known_.value && (!wants_refresh() || (fetching_ && !too_old()))) co_return known_.value;
    if (waited && failures_ != seen) std::rethrow_exception(failure_);
    seen = failures_;
    if (!fetching_) {
      fetching_ = true;
      lock.unlock();
      break;
    }
    const WaitStatus status = co_await waiting_.wait(std::move(lock), loop.now() + kLongestWait);
    if (status != WaitStatus::ready) throw_wait(status, context, "waiting for credentials");
  }
  Task<Fetched> fetching = fetch_value();
  Result<Fetched> result = co_await fetching.as_result();
  const bool stopped = context.scope->stopped() || loop.now() >= context.deadline;
  const std::lock_guard lock(mutex_);
  fetching_ = false;
  waiting_.wake_all();  // they come when the mutex is free
  if (result.ok()) {
    know(std::move(result.value()));
    co_return known_.value;
  }
  const bool serves = known_.value && !too_old();
  if (!stopped && serves) refresh_at_ = clock_.wall_ns() + times_.after_failure.count();
  if (serves) co_return known_.value;
  if (!stopped) {
    failure_ = result.exception();
    ++failures_;
  }
  std::rethrow_exception(result.exception());
}

}  // namespace genro::storage::detail

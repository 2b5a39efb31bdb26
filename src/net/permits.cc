// One of those who wait looks for idle bodies. When it goes, it wakes the next one with `timed_out`, which means "your turn
// to look".
#include "net/permits.h"

#include <algorithm>
#include <utility>

#include "genro/storage/error.h"

namespace genro::storage {

Task<bool> Permits::take() {
  Context& context = co_await current_context();
  const TimePoint until = clock_.now() + longest_wait_;
  for (bool waited = false;; waited = true) {
    std::unique_ptr<HttpConnection> given;  // closed once the mutex is free
    std::unique_lock lock(mutex_);
    if (available()) co_return take_available();
    const TimePoint now = clock_.now();
    if (waited || queue_.empty()) given = bodies_.take_one(now);
    const bool looks = !given && !std::exchange(looking_, true);
    WaitStatus status = WaitStatus::ready;
    if (!given) {
      WaitQueue::Wait wait =
          queue_.wait(std::move(lock), looks ? std::min(until, now + IdleBodies::kLook) : until, waited);
      status = co_await wait;
      lock = std::unique_lock(mutex_);
    }
    if (looks) looking_ = false;
    const bool again = status == WaitStatus::timed_out && clock_.now() < std::min(until, context.deadline);
    if (!again && !looking_) queue_.wake_one(WaitStatus::timed_out);
    if (status == WaitStatus::ready) co_return false;
    if (again) continue;
    const std::string what = "waiting for one of the " + std::to_string(most_) + " " + what_;
    if (status == WaitStatus::stopped) throw_wait(status, context, what);
    context.scope->check();
    throw Error(ErrorCode::timeout, what + " timed out: " + all_in_use());
  }
}

/// By what, if that is known.
std::string Permits::all_in_use() const {
  std::string text = "all are in use (max_connections)";
  if (pinned_ > 0) {
    text +=
        ", " + std::to_string(pinned_) +
        " of them by open files that cannot be asked for again where they stopped, as the server names no version of "
        "their content (by a strong ETag): read or close these, or raise max_connections";
  }
  return text;
}

void Permits::forget_after_fork() noexcept {
  in_use_ = pinned_ = 0;
  queue_.forget_after_fork();
  bodies_.forget_after_fork();
  looking_ = false;
}

}  // namespace genro::storage

#include "layers/retry_policy.h"

#include <utility>

#include "core/context.h"
#include "loop/loop.h"

namespace genro::storage {

bool RetryBudget::take() noexcept {
  std::int64_t left = left_.load(std::memory_order_relaxed);
  do {
    if (left < kOne) return false;
  } while (!left_.compare_exchange_weak(left, left - kOne, std::memory_order_relaxed));
  return true;
}

void RetryBudget::add(std::int64_t amount) noexcept {
  std::int64_t left = left_.load(std::memory_order_relaxed);
  while (!left_.compare_exchange_weak(left, std::min(full_, left + amount), std::memory_order_relaxed)) {
  }
}

Duration RetryPolicy::wait(const Error& error, int failures) const noexcept {
  const int doublings = std::min(failures - 1, 20);
  const Duration most = std::min(options.cap, options.base * (std::int64_t{1} << doublings));
  const auto chance = static_cast<double>(env.random->next() >> 11) * 0x1p-53;  // uniform in [0, 1)
  const Duration jittered(static_cast<std::int64_t>(static_cast<double>(most.count()) * chance));
  return error.retry_after() > 0 ? std::max(jittered, seconds(error.retry_after())) : jittered;
}

bool ambiguous(const Error& error) noexcept { return error.retryable() && error.code() != ErrorCode::throttled; }

Task<bool> Attempts::again(Error error) {
  ++failures_;
  const RetryOptions& options = policy_.options;
  if (!error.retryable() || failures_ >= options.attempts) co_return false;
  if (error.code() == ErrorCode::corrupt && std::exchange(seen_corrupt_, true)) co_return false;
  Context& context = co_await current_context();
  if (context.scope->stopped()) co_return false;
  const Duration wait = policy_.wait(error, failures_);
  const TimePoint next = policy_.env.clock->now() + wait;
  if (next - started_ > options.total || next >= context.deadline) co_return false;
  if (!policy_.budget.take()) co_return false;
  co_await hop();
  const WaitStatus status = co_await sleep_until(loop_of(context).now() + wait);
  if (status == WaitStatus::stopped) throw_wait(status, context, "waiting to try again");
  co_return true;
}

void Attempts::succeeded() noexcept {
  if (failures_ == 0) {
    policy_.budget.earn();
  } else {
    policy_.budget.give_back();
  }
}

void Attempts::fail(std::exception_ptr error) const {
  try {
    std::rethrow_exception(error);
  } catch (const Error& known) {
    if (failures_ <= 1 && !known.retryable()) throw;
    const Duration elapsed = policy_.env.clock->now() - started_;
    throw known.with_attempts(std::max(failures_, known.attempts()), std::chrono::duration<double>(elapsed).count());
  }
}

}  // namespace genro::storage

#include "node/files/turns.h"

#include "core/mutex.h"
#include "genro/storage/error.h"
#include "loop/run.h"

namespace genro::storage {
namespace {

// The state: 0 when free, else these and, above them, the generation of forks in which it was taken.
constexpr std::uint64_t kTaken = 1;
constexpr std::uint64_t kWaitedFor = 2;
constexpr int kFlags = 2;

/// Of all lines: they are short, seldom, and held for some instructions only.
Mutex& lines_mutex() {
  static constinit Lasting<Mutex> mutex;
  return mutex.get();
}

std::uint64_t taken_now() noexcept { return std::uint64_t{fork_generation()} << kFlags | kTaken; }

}  // namespace

Turns::Turns() : line_(lines_mutex()) {}

bool Turns::try_take() noexcept {
  std::uint64_t free = 0;
  return state_.compare_exchange_strong(free, taken_now(), std::memory_order_acquire, std::memory_order_relaxed);
}

Task<void> Turns::take() {
  co_await hop();
  Context& context = co_await current_context();
  std::unique_lock lock(lines_mutex());
  std::uint64_t seen = state_.load(std::memory_order_relaxed);
  while (seen == 0 || (seen & kWaitedFor) == 0) {
    const std::uint64_t wanted = seen == 0 ? taken_now() : seen | kWaitedFor;
    if (!state_.compare_exchange_weak(seen, wanted, std::memory_order_acquire, std::memory_order_relaxed)) continue;
    if (seen == 0) co_return;
    seen = wanted;
  }
  if (seen >> kFlags != fork_generation()) {
    throw Error(ErrorCode::io, "another thread was in the middle of an operation when the process forked");
  }
  WaitQueue::Wait waiting = line_.wait(std::move(lock), kNever);
  const WaitStatus status = co_await waiting;
  if (status != WaitStatus::ready) throw_wait(status, context, "waiting for an earlier operation");
  if (!context.scope->stopped()) co_return;
  give();  // it came together with the order to stop
  context.scope->check();
}

void Turns::give() noexcept {
  std::uint64_t alone = state_.load(std::memory_order_relaxed) & ~kWaitedFor;
  if (state_.compare_exchange_strong(alone, 0, std::memory_order_release, std::memory_order_relaxed)) return;
  const std::lock_guard lock(lines_mutex());
  if (!line_.wake_one()) state_.store(0, std::memory_order_release);  // those who waited have left
}

}  // namespace genro::storage

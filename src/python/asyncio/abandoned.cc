#include "python/asyncio/abandoned.h"

#include "core/mutex.h"
#include "loop/run.h"
#include "net/wait_queue.h"
#include "python/exceptions.h"
#include "python/gil.h"

namespace genro::storage::python {

namespace detail {
std::atomic<int> abandoned_count{0};
}

namespace {

constexpr Duration kLongestStop = std::chrono::seconds(1);

struct Waiting {
  Mutex mutex;
  WaitQueue queue{mutex};
  TimePoint until{};        // what is still running then is not waited for
  unsigned generation = 0;  // of forks: in a child nothing of its parent runs on
};

Waiting& waiting() {
  static constinit Lasting<Waiting> state;
  return state.get();
}

/// With the mutex held.
void forget_parent(Waiting& state) noexcept {
  if (state.generation == fork_generation()) return;
  state.generation = fork_generation();
  state.queue.forget_after_fork();
  detail::abandoned_count.store(0, std::memory_order_relaxed);
}

}  // namespace

void abandoned_begins() noexcept {
  Waiting& state = waiting();
  const std::lock_guard lock(state.mutex);
  forget_parent(state);
  state.until = reactor().now() + kLongestStop;
  detail::abandoned_count.fetch_add(1, std::memory_order_relaxed);
}

void abandoned_ended() noexcept {
  Waiting& state = waiting();
  const std::lock_guard lock(state.mutex);
  if (detail::abandoned_count.fetch_sub(1, std::memory_order_release) == 1) state.queue.wake_all();
}

Task<void> abandoned_at_rest() {
  co_await hop();
  Context& context = co_await current_context();
  Waiting& state = waiting();
  std::unique_lock lock(state.mutex);
  forget_parent(state);
  const TimePoint until = state.until;
  if (!some_abandoned() || loop_of(context).now() >= until) co_return;
  WaitQueue::Wait resting = state.queue.wait(std::move(lock), until);
  static_cast<void>(co_await resting);
  context.scope->check();
}

void wait_for_abandoned() {
  PyThreadState* const thread = PyEval_SaveThread();
  const Result<void> rested = abandoned_at_rest().result();
  take_gil_back(thread);
  if (rested.ok()) return;
  if (!PyErr_Occurred()) set_error(rested.exception());
  throw ErrorIsSet();
}

}  // namespace genro::storage::python

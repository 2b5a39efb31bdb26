#include "net/gate.h"

#include <mutex>
#include <utility>

#include "core/context.h"
#include "loop/loop.h"
#include "loop/run.h"

namespace genro::storage {

Gate::Gate() noexcept : generation_(fork_generation()) {}

Task<Gate::Pass> Gate::enter() {
  co_await hop();
  Context& context = co_await current_context();
  loop_of(context);  // before the mutex is held: getting one may have to wait for others, who need it
  std::unique_lock lock(mutex_);
  if (std::exchange(generation_, fork_generation()) != fork_generation()) {  // those inside are the parent's threads
    busy_ = false;
    waiting_.forget_after_fork();
  }
  if (std::exchange(busy_, true)) {
    const WaitStatus status = co_await waiting_.wait(std::move(lock), context.deadline);
    if (status != WaitStatus::ready) throw_wait(status, context, "waiting for another call of the mount");
  }
  co_return Pass(this);
}

void Gate::leave() noexcept {
  const std::lock_guard lock(mutex_);
  if (!waiting_.wake_one()) busy_ = false;
}

}  // namespace genro::storage

#include "backend/background.h"

namespace genro::storage {

void BackgroundState::finish() noexcept {
  BackgroundJoin* waiting = nullptr;
  {
    std::lock_guard lock(mutex_);
    done_ = true;
    waiting = std::exchange(waiting_, nullptr);
  }
  // Taken out of the state, it can be resumed by nobody else: it stays alive until run().
  if (!waiting) return;
  if (waiting->loop_->is_current()) {
    static_cast<Job*>(waiting)->run();
  } else {
    waiting->loop_->post(*waiting);
  }
}

bool BackgroundJoin::suspend(Context& context, std::coroutine_handle<> handle) {
  context_ = &context;
  loop_ = &loop_of(context);
  handle_ = handle;
  if (state_.generation_ != fork_generation()) {
    throw Error(ErrorCode::connection, "what was begun before this process was forked goes on in its parent only");
  }
  if (!context.scope->add(*this)) {
    status_ = WaitStatus::stopped;
    return false;
  }
  loop_->timers().arm(*this, context.deadline);
  std::lock_guard lock(state_.mutex_);
  if (state_.done_) {
    unlink();
    disarm();
    return false;
  }
  state_.waiting_ = this;
  return true;
}

void BackgroundJoin::give_up(WaitStatus status) noexcept {
  {
    std::lock_guard lock(state_.mutex_);
    if (state_.waiting_ != this) return;  // the result is already on its way to run()
    state_.waiting_ = nullptr;
  }
  status_ = status;
  static_cast<Job*>(this)->run();
}

void BackgroundJoin::stop(const Error&) noexcept { give_up(WaitStatus::stopped); }
void BackgroundJoin::fire() noexcept { give_up(WaitStatus::timed_out); }

void BackgroundJoin::run() noexcept {
  unlink();
  disarm();
  loop_->resume_soon(handle_);
}

void BackgroundJoin::await_resume() const {
  if (status_ != WaitStatus::ready) throw_wait(status_, *context_, "waiting");
}

Loop* background_loop(Context& context) {
  Loop& loop = loop_of(context);
  return loop.kind() == Loop::Kind::reactor ? &loop : nullptr;
}

}  // namespace genro::storage

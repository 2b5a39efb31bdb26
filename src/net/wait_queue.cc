#include "net/wait_queue.h"

#include <algorithm>

namespace genro::storage {

bool WaitQueue::Wait::suspend(Context& context, std::coroutine_handle<> handle) {
  loop_ = &loop_of(context);
  if (!context.scope->add(*this)) {
    status_ = WaitStatus::stopped;
    lock_.unlock();
    return false;
  }
  loop_->timers().arm(*this, std::min(until_, context.deadline));
  handle_ = handle;
  queued_ = true;
  queue_.put_in(*this);
  lock_.unlock();  // from here another thread may wake us, which reaches this loop as a job: never before we return
  return true;
}

// Stopped or timed out, on the loop's thread. If somebody woke us just before, its job is under way and wins.
void WaitQueue::Wait::leave(WaitStatus status) noexcept {
  {
    const std::lock_guard lock(queue_.mutex_);
    if (!queued_) return;
    queue_.take_out(*this);
  }
  finish(status);
}

void WaitQueue::Wait::finish(WaitStatus status) noexcept {
  status_ = status;
  unlink();
  disarm();
  loop_->resume_soon(handle_);
}

bool WaitQueue::wake_one(WaitStatus status) noexcept {
  Wait* const woken = first_;
  if (!woken) return false;
  take_out(*woken);
  woken->woken_as_ = status;
  woken->loop_->post(*woken);
  return true;
}

void WaitQueue::put_in(Wait& wait) noexcept {
  if (wait.at_front_) {
    wait.next_waiter_ = first_;
    (first_ ? first_->previous_waiter_ : last_) = &wait;
    first_ = &wait;
  } else {
    wait.previous_waiter_ = last_;
    (last_ ? last_->next_waiter_ : first_) = &wait;
    last_ = &wait;
  }
}

void WaitQueue::take_out(Wait& wait) noexcept {
  (wait.previous_waiter_ ? wait.previous_waiter_->next_waiter_ : first_) = wait.next_waiter_;
  (wait.next_waiter_ ? wait.next_waiter_->previous_waiter_ : last_) = wait.previous_waiter_;
  wait.next_waiter_ = wait.previous_waiter_ = nullptr;
  wait.queued_ = false;
}

}  // namespace genro::storage

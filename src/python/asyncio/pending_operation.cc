#include "python/asyncio/pending_operation.h"

#include <utility>

#include "python/asyncio/abandoned.h"
#include "python/asyncio/waiter.h"

namespace genro::storage::python {

void PendingOperation::starting() noexcept {
  ref();
  state_.store(State::starting, std::memory_order_relaxed);
}

void PendingOperation::unref() noexcept {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

// Its loop has ended, or nobody waits. The waiter leads back to the awaitable: kept here, neither could ever go.
void PendingOperation::release() noexcept {
  let_waiter_go();
  unref();
}

Ref PendingOperation::let_waiter_go() noexcept {
  if (!waiter_) return {};
  detach(waiter_.get());
  channel_->remove(*this);
  return std::move(waiter_);
}

// The task is let go at once, though the operation may take its time to stop: tasks of a loop that ended go with it.
void PendingOperation::loop_ended() noexcept {
  ref();
  stop();
  let_waiter_go();
  unref();
}

void PendingOperation::stop() noexcept {
  if (!std::exchange(stopping_, true)) cancel();
}

void PendingOperation::finished() noexcept {
  const State before = state_.exchange(State::done, std::memory_order_acq_rel);
  if (before == State::waiting) {
    channel_->push(*this);  // with the engine's reference
    return;
  }
  if (before == State::abandoned && awaited_in_vain_) abandoned_ended();
  unref_anywhere();
}

void PendingOperation::unref_anywhere() noexcept {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  references_.store(1, std::memory_order_relaxed);
  release_later(*this);
}

bool PendingOperation::wait_on(std::shared_ptr<LoopChannel> channel, PyObject* waiter) noexcept {
  channel_ = std::move(channel);
  waiter_ = Ref::borrow(waiter);
  channel_->add(*this);
  State expected = State::starting;
  if (state_.compare_exchange_strong(expected, State::waiting, std::memory_order_acq_rel)) return false;
  let_waiter_go();
  return true;
}

Ref PendingOperation::abandon() noexcept {
  Ref waiter = let_waiter_go();
  awaited_in_vain_ = !stopping_;  // one that was being stopped has been waited for
  if (awaited_in_vain_) abandoned_begins();
  const State before = state_.exchange(State::abandoned, std::memory_order_acq_rel);
  if (before == State::starting || before == State::waiting) {
    stop();
  } else if (awaited_in_vain_) {
    abandoned_ended();
  }
  return waiter;
}

bool PendingOperation::deliver() noexcept {
  const Ref waiter = let_waiter_go();
  const bool good = !waiter || wake(waiter.get());
  unref();
  return good;
}

}  // namespace genro::storage::python

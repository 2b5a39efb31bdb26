#include "loop/give_way.h"

#include "loop/run.h"

namespace genro::storage {

bool GiveWay::suspend(std::coroutine_handle<> handle) {
  if (context_->caller_driven) {
    look_for_signals();
    return false;
  }
  handle_ = handle;
  if (context_->loop->is_current()) {
    context_->loop->post_last(*this);  // behind all that is ready, and before the next look at sockets
  } else {
    context_->loop->post(*this);
  }
  return true;
}

void Breath::operator()() const {
  if (context_.caller_driven) {
    look_for_signals();
    context_.scope->check();
  } else if (stopped_.load(std::memory_order_relaxed)) {
    throw Error(ErrorCode::cancelled, "cancelled");
  }
}

void GiveWay::run() noexcept { context_->loop->resume_soon(handle_); }

}  // namespace genro::storage

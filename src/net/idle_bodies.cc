#include "net/idle_bodies.h"

namespace genro::storage {

void IdleBodies::add(IdleBody& body) noexcept {
  body.listed_ = true;
  body.previous_ = last_;
  body.next_ = nullptr;
  (last_ ? last_->next_ : first_) = &body;
  last_ = &body;
}

void IdleBodies::remove(IdleBody& body) noexcept {
  if (!body.listed_) return;
  (body.previous_ ? body.previous_->next_ : first_) = body.next_;
  (body.next_ ? body.next_->previous_ : last_) = body.previous_;
  body.listed_ = false;
}

std::unique_ptr<HttpConnection> IdleBodies::take_one(TimePoint now) noexcept {
  using State = IdleBody::State;
  for (IdleBody* body = first_; body; body = body->next_) {
    State seen = State::fresh;
    if (body->state_.compare_exchange_strong(seen, State::looked_at, std::memory_order_relaxed)) {
      body->looked_at_ = now;
      continue;
    }
    if (seen != State::looked_at || now - body->looked_at_ < kLook) continue;
    if (!body->state_.compare_exchange_strong(seen, State::gave_way, std::memory_order_acq_rel)) continue;
    remove(*body);
    return body->give_way();
  }
  return nullptr;
}

void IdleBodies::forget_after_fork() noexcept {
  while (first_) remove(*first_);
}

}  // namespace genro::storage

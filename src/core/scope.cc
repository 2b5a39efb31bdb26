#include "core/scope.h"

namespace genro::storage {

void Stoppable::unlink() noexcept {
  if (!scope_) return;
  if (previous_) {
    previous_->next_ = next_;
  } else {
    scope_->first_ = next_;
  }
  if (next_) next_->previous_ = previous_;
  previous_ = next_ = nullptr;
  scope_ = nullptr;
}

Scope::Scope(Scope* parent) {
  if (parent && !parent->add(*this)) reason_ = parent->reason();
}

Scope::~Scope() {
  while (first_) first_->unlink();
}

bool Scope::add(Stoppable& waiter) noexcept {
  if (reason_) return false;
  waiter.scope_ = this;
  waiter.previous_ = nullptr;
  waiter.next_ = first_;
  if (first_) first_->previous_ = &waiter;
  first_ = &waiter;
  return true;
}

void Scope::stop(const Error& reason) noexcept {
  if (reason_) return;
  reason_ = reason;
  while (Stoppable* waiter = first_) {
    waiter->unlink();
    waiter->stop(reason);
  }
}

}  // namespace genro::storage

// Scope: structured stopping. Each waiting step of an operation is a Stoppable in its operation's Scope; scopes nest.
// Used by loop awaitables and task groups. Only touch a scope on the thread that drives its operation.
#pragma once

#include <optional>

#include "genro/storage/error.h"

namespace genro::storage {

/// Something that waits and can be told to stop waiting. Linked into at most one Scope.
class Stoppable {
 public:
  Stoppable() = default;
  Stoppable(const Stoppable&) = delete;
  Stoppable& operator=(const Stoppable&) = delete;
  virtual void stop(const Error& reason) noexcept = 0;

 protected:
  ~Stoppable() { unlink(); }
  void unlink() noexcept;

 private:
  friend class Scope;
  Stoppable* previous_ = nullptr;
  Stoppable* next_ = nullptr;
  class Scope* scope_ = nullptr;
};

class Scope final : public Stoppable {
 public:
  explicit Scope(Scope* parent = nullptr);
  ~Scope();
  /// Adds a waiter; when the scope is already stopped nothing is added and false is returned.
  bool add(Stoppable& waiter) noexcept;
  void remove(Stoppable& waiter) noexcept { waiter.unlink(); }
  /// Stops every waiter and nested scope with `reason`; the first reason stays.
  void stop(const Error& reason) noexcept override;
  bool stopped() const noexcept { return reason_.has_value(); }
  const Error& reason() const noexcept { return *reason_; }
  /// Throws the reason when stopped: call it between chunks of long work.
  void check() const {
    if (reason_) throw Error(*reason_);
  }

 private:
  friend class Stoppable;
  Stoppable* first_ = nullptr;
  std::optional<Error> reason_;
};

}  // namespace genro::storage

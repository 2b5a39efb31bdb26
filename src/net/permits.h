// Permits: limits the connections to one endpoint; waiters are served in order. A waiter may take the connection of an
// idle body. Used by HttpPool, whose mutex guards it: hold it for every call but take().
// A permit is handed over to the next waiter, not returned and taken again.
#pragma once

#include <memory>
#include <string>

#include "core/env.h"
#include "core/mutex.h"
#include "net/idle_bodies.h"
#include "net/wait_queue.h"

namespace genro::storage {

class Permits {
 public:
  /// `what`: for messages, "connections to example.com:443".
  Permits(Mutex& mutex, Clock& clock, std::size_t most, Duration longest_wait, std::string what)
      : mutex_(mutex), clock_(clock), most_(most), longest_wait_(longest_wait), what_(std::move(what)), queue_(mutex) {}

  std::size_t in_use() const noexcept { return in_use_; }
  bool available() const noexcept { return in_use_ < most_ && queue_.empty(); }
  /// Only when available(). True: no other is in use.
  bool take_available() noexcept { return ++in_use_ == 1; }
  /// Waits for one, on the operation's loop. True: no other is in use. Throws timeout.
  Task<bool> take();
  /// To who waits, if anybody does.
  void give_back() noexcept {
    if (!queue_.wake_one() && in_use_ > 0) --in_use_;
  }

  /// From now on the body's connection may be taken from it.
  void offer(IdleBody& body) noexcept { bodies_.add(body); }
  void withdraw(IdleBody& body) noexcept { bodies_.remove(body); }
  /// One body more, or less, whose connection cannot be taken from it: who waits in vain is told how many they are.
  void pin() noexcept { ++pinned_; }
  void unpin() noexcept {
    if (pinned_ > 0) --pinned_;
  }
  /// After fork in the child: nobody has any.
  void forget_after_fork() noexcept;

 private:
  std::string all_in_use() const;

  Mutex& mutex_;
  Clock& clock_;
  const std::size_t most_;
  const Duration longest_wait_;
  const std::string what_;
  WaitQueue queue_;
  IdleBodies bodies_;
  bool looking_ = false;  // one of queue_ looks at bodies_ now and then
  std::size_t in_use_ = 0;
  std::size_t pinned_ = 0;
};

}  // namespace genro::storage

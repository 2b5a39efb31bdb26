// WaitQueue: coroutines of any loops and threads waiting, first come first served, for something that another one gives
// (a free connection, a looked-up name, fresh credentials). Used where the state waited for is guarded by a mutex.
// Await wait() only on the operation's loop (after hop()), with the mutex held: it is released once the waiter is in line.
#pragma once

#include <coroutine>

#include "core/mutex.h"
#include "loop/loop.h"

namespace genro::storage {

class WaitQueue {
 public:
  explicit WaitQueue(Mutex& mutex) noexcept : mutex_(mutex) {}
  WaitQueue(const WaitQueue&) = delete;
  WaitQueue& operator=(const WaitQueue&) = delete;

  /// Awaitable; gives `ready` when woken, else `timed_out` or `stopped` (look with throw_wait). The lock is gone afterwards.
  class Wait final : private Stoppable, private Timer, private Job {
   public:
    Wait(WaitQueue& queue, std::unique_lock<Mutex> lock, TimePoint until, bool at_front) noexcept
        : queue_(queue), lock_(std::move(lock)), until_(until), at_front_(at_front) {}
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> handle) {
      return suspend(*handle.promise().context, handle);
    }
    WaitStatus await_resume() const noexcept { return status_; }

   private:
    friend class WaitQueue;
    bool suspend(Context& context, std::coroutine_handle<> handle);
    void leave(WaitStatus status) noexcept;
    void finish(WaitStatus status) noexcept;
    void stop(const Error&) noexcept override { leave(WaitStatus::stopped); }
    void fire() noexcept override { leave(WaitStatus::timed_out); }
    void run() noexcept override { finish(woken_as_); }

    WaitQueue& queue_;
    std::unique_lock<Mutex> lock_;
    TimePoint until_;
    bool at_front_;
    WaitStatus woken_as_ = WaitStatus::ready;
    Loop* loop_ = nullptr;
    std::coroutine_handle<> handle_;
    Wait* next_waiter_ = nullptr;
    Wait* previous_waiter_ = nullptr;
    bool queued_ = false;
    WaitStatus status_ = WaitStatus::ready;
  };
  /// `at_front`: keeps the place that it had before.
  Wait wait(std::unique_lock<Mutex> lock, TimePoint until, bool at_front = false) noexcept {
    return {*this, std::move(lock), until, at_front};
  }

  /// With the mutex held. False when nobody waits. The woken one will get `status` even if it is stopped meanwhile, so
  /// what was given to it is never lost.
  bool wake_one(WaitStatus status = WaitStatus::ready) noexcept;
  void wake_all() noexcept {
    while (wake_one()) {
    }
  }
  bool empty() const noexcept { return first_ == nullptr; }
  /// After fork in the child, where the waiters' threads do not exist.
  void forget_after_fork() noexcept { first_ = last_ = nullptr; }

 private:
  void put_in(Wait& wait) noexcept;
  void take_out(Wait& wait) noexcept;
  Mutex& mutex_;
  Wait* first_ = nullptr;
  Wait* last_ = nullptr;
};

}  // namespace genro::storage

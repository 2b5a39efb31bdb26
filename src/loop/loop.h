// Loop: drives coroutines that wait for sockets, timers and other threads. One thread owns it: the reactor's for ever,
// or a calling thread for the length of a .get(). Everything but post() and is_current() belongs to that thread.
// Never block on it: blocking work goes through offload().
#pragma once

#include <atomic>
#include <coroutine>
#include <memory>
#include <vector>

#include "core/context.h"
#include "loop/poller.h"
#include "loop/timer_wheel.h"

namespace genro::storage {

/// Work handed to a loop from another thread. Intrusive: the poster keeps it alive until run() was called.
struct Job {
  Job* next = nullptr;
  virtual void run() noexcept = 0;

 protected:
  ~Job() = default;
};

enum class WaitStatus : unsigned char { ready, timed_out, stopped };

class Loop {
 public:
  enum class Kind : unsigned char { reactor, caller };
  Loop(Kind kind, Clock& clock, std::unique_ptr<Poller> poller);
  ~Loop();
  Kind kind() const noexcept { return kind_; }
  bool is_current() const noexcept;  ///< Whether the calling thread drives this loop now.
  TimePoint now() const noexcept { return clock_.now(); }

  /// Thread-safe; wakes the loop. The job runs on the loop's thread.
  void post(Job& job) noexcept;
  /// Continues the coroutine at the loop's next turn.
  void resume_soon(std::coroutine_handle<> handle) { ready_.push_back(handle); }
  TimerWheel& timers() noexcept { return timers_; }
  Poller& poller() noexcept { return *poller_; }

  /// On the loop's thread: the job runs once nothing else is ready, before the loop waits. For what is better done once
  /// for many than for each.
  void post_last(Job& job) noexcept;

  /// One turn: jobs, due timers, ready coroutines; waits for sockets when there is nothing else to do.
  /// Waits at most `longest_wait` (negative: as long as it takes). Returns false when a signal interrupted the wait.
  bool run_once(Duration longest_wait = Duration(-1));
  /// Marks the calling thread as the loop's while it lives. Nested drives restore the outer loop.
  class Drive {
   public:
    explicit Drive(Loop& loop) noexcept;
    ~Drive();

   private:
    Loop* outer_;
  };
  static Loop* current() noexcept;

 private:
  bool run_jobs() noexcept;
  void run_last_jobs() noexcept;

  Kind kind_;
  Clock& clock_;
  std::unique_ptr<Poller> poller_;
  TimerWheel timers_;
  std::vector<std::coroutine_handle<>> ready_;
  std::vector<std::coroutine_handle<>> running_;
  std::vector<IoWait*> fired_;
  int turns_ = 0;
  Job* last_jobs_ = nullptr;
  std::atomic<Job*> inbox_{nullptr};
};

/// The loop of an operation, made on first use when the caller drives.
Loop& loop_of(Context& context);

/// Awaitables. Each is registered in the operation's scope, so stopping the operation ends it at once.

/// `co_await hop()`: continue on the loop's thread. No cost when already there. Needed before touching anything that belongs to the loop.
class Hop final : private Job {
 public:
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> handle) {
    return suspend(*handle.promise().context, handle);
  }
  void await_resume() const;  ///< Throws the reason when the operation was stopped meanwhile.

 private:
  bool suspend(Context& context, std::coroutine_handle<> handle);
  void run() noexcept override;
  Context* context_ = nullptr;
  std::coroutine_handle<> handle_;
};
inline Hop hop() { return {}; }

/// What socket and sleep awaitables share: a waiter in scope, wheel and poller at once; the first to come wins.
class LoopWait : private Stoppable, private Timer, private IoWait {
 public:
  LoopWait(int descriptor, Interest interest, TimePoint until) noexcept : until_(until) {
    IoWait::descriptor = descriptor;
    IoWait::interest = interest;
  }
  ~LoopWait();
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> handle) {
    return suspend(*handle.promise().context, handle);
  }
  WaitStatus await_resume() const noexcept { return status_; }

 private:
  friend class Loop;
  bool suspend(Context& context, std::coroutine_handle<> handle);
  void finish(WaitStatus status) noexcept;
  void stop(const Error& reason) noexcept override;
  void fire() noexcept override;

  TimePoint until_;
  Loop* loop_ = nullptr;
  std::coroutine_handle<> handle_;
  WaitStatus status_ = WaitStatus::ready;
  bool polling_ = false;
};

/// Waits until the socket is ready or `until` has come (the operation's own deadline counts too). On the loop's thread only.
/// A descriptor of -1 never becomes ready. Does not throw: look at the status.
inline LoopWait ready_for(int descriptor, Interest interest, TimePoint until) { return {descriptor, interest, until}; }
/// Sleeps; `stopped` when the operation was stopped, else `timed_out`.
inline LoopWait sleep_until(TimePoint until) { return {-1, Interest::read, until}; }
/// Throws timeout or the scope's reason, for a wait that did not end with ready.
[[noreturn]] void throw_wait(WaitStatus status, const Context& context, std::string_view what);

}  // namespace genro::storage

// PendingOperation: one operation between its awaitable, the engine and the loop's channel; it outlives the awaitable until
// the engine has let go of its buffers. Made by dual.h, used by awaitable.cc and waiter.cc. Never delete one but by unref().
#pragma once

#include <atomic>
#include <memory>

#include "python/asyncio/loop_channel.h"
#include "python/ref.h"

namespace genro::storage::python {

/// How it ends:
///   1. begin() starts the engine's work, which calls finished() exactly once, inside begin() or later on the reactor.
///   2. Inside: the value is there at once, nothing is awaited. Later: the awaitable has made a waiter (waiter.h), and the
///      channel's deliver() wakes its task, which comes back for take().
///   3. Who wins between "finished" and "waiting" or "abandoned" is decided by one atomic exchange.
class PendingOperation : public Completion {
 public:
  virtual void begin() noexcept = 0;      ///< GIL held.
  virtual PyObject* take() noexcept = 0;  ///< The value, or null with the error set. Once, after finished().

  /// Prepares for begin(): the engine holds a reference from now on.
  void starting() noexcept;
  /// True when finished already; else finished() will come through the channel to `waiter`.
  bool wait_on(std::shared_ptr<LoopChannel> channel, PyObject* waiter) noexcept;
  /// Asks the engine to stop. The end, whatever it is, is told as it would have been. GIL held.
  void stop() noexcept;
  /// Nobody waits any more: the engine is asked to stop, what it holds is released when it has. Operations that begin
  /// meanwhile wait for that (abandoned.h). Gives the waiter, if a task still waits on it.
  Ref abandon() noexcept;
  bool done() const noexcept { return state_.load(std::memory_order_acquire) == State::done; }
  void unref() noexcept;  ///< GIL held.

 protected:
  virtual void cancel() noexcept = 0;  ///< Called once at most, between begin() and the end.
  void finished() noexcept;            ///< By the engine, on any thread.
  void ref() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
  void unref_anywhere() noexcept;  ///< On any thread, without the GIL.

 private:
  enum class State : unsigned char { idle, starting, waiting, abandoned, done };
  bool deliver() noexcept override;
  void release() noexcept override;
  Ref let_waiter_go() noexcept;
  void loop_ended() noexcept;
  friend class LoopChannel;

  std::atomic<int> references_{1};
  std::atomic<State> state_{State::idle};
  std::shared_ptr<LoopChannel> channel_;
  Ref waiter_;
  PendingOperation* previous_waiting_ = nullptr;  // the channel's list, while it has a waiter
  PendingOperation* next_waiting_ = nullptr;
  bool stopping_ = false;         // guarded by the GIL
  bool awaited_in_vain_ = false;  // set before the state becomes abandoned
};

}  // namespace genro::storage::python

// Background: an operation that runs beside its owner, also between the owner's own calls: a part going up while the
// producer fills the next one, a page fetched ahead. It runs on the owner's loop when that is a reactor, else on the
// library's. Used by lister, reader and writer. Dropping it cancels it without waiting: whatever it uses must be owned by it.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "core/context.h"
#include "core/mutex.h"
#include "loop/loop.h"
#include "loop/run.h"

namespace genro::storage {

/// What both sides share; its template below adds the result. finish() may come from any thread.
class BackgroundState {
 public:
  void finish() noexcept;
  bool done() const noexcept {
    std::lock_guard lock(mutex_);
    return done_;
  }

 private:
  friend class BackgroundJoin;
  mutable Mutex mutex_;
  const unsigned generation_ = fork_generation();  // a forked child has no thread that would finish it
  bool done_ = false;
  class BackgroundJoin* waiting_ = nullptr;
};

/// Waits for the end of a background operation; throws when the waiting operation is stopped or out of time.
class BackgroundJoin final : private Stoppable, private Timer, private Job {
 public:
  explicit BackgroundJoin(BackgroundState& state) noexcept : state_(state) {}
  bool await_ready() const noexcept { return state_.done(); }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> handle) {
    return suspend(*handle.promise().context, handle);
  }
  void await_resume() const;

 private:
  friend class BackgroundState;
  bool suspend(Context& context, std::coroutine_handle<> handle);
  void give_up(WaitStatus status) noexcept;
  void stop(const Error& reason) noexcept override;
  void fire() noexcept override;
  void run() noexcept override;

  BackgroundState& state_;
  Context* context_ = nullptr;
  Loop* loop_ = nullptr;
  std::coroutine_handle<> handle_;
  WaitStatus status_ = WaitStatus::ready;
};

/// The loop for work that outlives one call of its owner; null stands for the library's reactor.
Loop* background_loop(Context& context);

template <class T>
class Background {
 public:
  /// Starts the task at once. It has no deadline but its own.
  Background(Context& context, Task<T> task) : state_(std::make_shared<State>()) {
    StartOptions options;
    options.loop = background_loop(context);
    operation_ = std::move(task).start(options, [state = state_](Result<T> result) {
      state->result.emplace(std::move(result));
      state->finish();
    });
  }
  Background(Background&& other) noexcept = default;
  Background& operator=(Background&& other) noexcept {
    std::swap(state_, other.state_);
    std::swap(operation_, other.operation_);
    return *this;
  }
  ~Background() {
    if (state_) operation_.cancel();
  }
  void cancel() noexcept { operation_.cancel(); }
  /// Its result, once. Keep the Background in place meanwhile.
  Task<T> take() {
    std::shared_ptr<State> state = state_;
    co_await BackgroundJoin(*state);
    co_return std::move(*state->result).take();
  }
  /// Its end, whatever it is.
  Task<void> wait() {
    std::shared_ptr<State> state = state_;
    co_await BackgroundJoin(*state);
  }

 private:
  struct State final : BackgroundState {
    std::optional<Result<T>> result;
  };
  std::shared_ptr<State> state_;
  Operation operation_;
};

}  // namespace genro::storage

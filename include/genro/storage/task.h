// Task<T>: one lazy operation, the same for sync and async callers. co_await it in a coroutine, .get() it on a thread,
// or .start() it towards a foreign event loop. Used by everything that may wait.
// It runs once and only when asked; dropping it unstarted does nothing. Never touch a Task again after it was awaited or run.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "genro/storage/error.h"

namespace genro::storage {

struct Context;  // core/context.h: who drives the operation, its stop scope and its deadline
class Loop;      // loop/loop.h

/// The outcome of an operation: a value or the exception that ended it.
template <class T>
class [[nodiscard]] Result {
 public:
  using Value = std::conditional_t<std::is_void_v<T>, std::monostate, T>;
  Result(Value value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Result(std::exception_ptr error)
      : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)
  /// Makes the value in place: an Entry is large enough for its moves to show.
  template <class... Args>
  explicit Result(std::in_place_t, Args&&... args) : state_(std::in_place_index<0>, std::forward<Args>(args)...) {}
  bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }
  /// The value; throws the stored exception when there is none.
  T take() && {
    if (!ok()) std::rethrow_exception(std::get<1>(state_));
    if constexpr (!std::is_void_v<T>) return std::move(std::get<0>(state_));
  }
  Value& value() & { return std::get<0>(state_); }
  /// The failure as an Error (foreign exceptions become code internal). Only when !ok().
  Error error() const { return Error::from(std::get<1>(state_)); }
  std::exception_ptr exception() const { return ok() ? nullptr : std::get<1>(state_); }

 private:
  std::variant<Value, std::exception_ptr> state_;
};

template <class T>
class Task;

/// A started operation: lets its owner cancel it. Copies refer to the same operation. Thread-safe.
class Operation {
 public:
  Operation() = default;
  /// Asks the operation to stop; it ends soon with ErrorCode::cancelled unless it was just done. Returns at once.
  void cancel() noexcept;

  struct State;
  explicit Operation(std::shared_ptr<State> state) : state_(std::move(state)) {}
  State* state() const noexcept { return state_.get(); }

 private:
  std::shared_ptr<State> state_;
};

/// How .start() runs an operation.
struct StartOptions {
  Loop* loop = nullptr;  ///< The loop that serves it; null = the library's reactor.
  double timeout = 0;    ///< Seconds until it fails with ErrorCode::timeout; 0 = no limit of its own.
  /// What callbacks of this operation find by caller_context() (loop/offload.h) on any thread; valid until done().
  const void* caller_context = nullptr;
};

namespace detail {

/// Memory of coroutine frames (core/frame_pool.cc).
void* allocate_frame(std::size_t size);
void free_frame(void* frame, std::size_t size) noexcept;

struct PromiseBase {
  static void* operator new(std::size_t size) { return allocate_frame(size); }
  static void operator delete(void* frame, std::size_t size) noexcept { free_frame(frame, size); }

  std::coroutine_handle<> continuation = std::noop_coroutine();
  Context* context = nullptr;

  struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> handle) const noexcept {
      return handle.promise().continuation;
    }
    void await_resume() const noexcept {}
  };
  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalAwaiter final_suspend() const noexcept { return {}; }
};

template <class T>
struct Promise : PromiseBase {
  std::optional<Result<T>> result;
  Task<T> get_return_object() noexcept;
  template <class U>
  void return_value(U&& value) {
    result.emplace(std::in_place, std::forward<U>(value));
  }
  void unhandled_exception() noexcept { result.emplace(std::current_exception()); }
};

template <>
struct Promise<void> : PromiseBase {
  std::optional<Result<void>> result;
  Task<void> get_return_object() noexcept;
  void return_void() noexcept { result.emplace(std::monostate{}); }
  void unhandled_exception() noexcept { result.emplace(std::current_exception()); }
};

/// Runs the coroutine on the calling thread until it is done (loop/run.cc).
void run_here(std::coroutine_handle<> handle, PromiseBase& promise);
/// The record of an operation that will run on options.loop (loop/run.cc).
std::shared_ptr<Operation::State> new_operation(const StartOptions& options);
Context* context_of(Operation::State& state) noexcept;
void finish(Operation::State& state) noexcept;

/// The outermost coroutine of a started operation: it owns itself.
struct Root {
  struct promise_type : PromiseBase {
    Root get_return_object() noexcept { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
  };
  std::coroutine_handle<promise_type> handle;
};

}  // namespace detail

template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Task() {
    if (handle_) handle_.destroy();
  }

  /// Runs the operation now on this thread, which sends and receives itself, and gives its value.
  /// Throws Error, or what a callback threw. Not inside a coroutine: co_await there.
  T get() && { return std::move(*this).result().take(); }
  T get() & { return std::move(*this).get(); }
  /// The same without throwing.
  Result<T> result() && {
    detail::run_here(handle_, handle_.promise());
    return std::move(*handle_.promise().result);
  }

  /// Begins the operation on this thread; what can be done without waiting is done before this returns, the rest on
  /// options.loop. `done(Result<T>)` is called exactly once, on this thread before start() returns or on the loop's thread.
  Operation start(const StartOptions& options, std::function<void(Result<T>)> done) &&;

  // co_await: yields the value or throws.
  struct Awaiter {
    Handle handle;
    bool await_ready() const noexcept { return false; }
    template <class Parent>
    Handle await_suspend(std::coroutine_handle<Parent> parent) noexcept {
      handle.promise().continuation = parent;
      if (!handle.promise().context) handle.promise().context = parent.promise().context;
      return handle;
    }
    T await_resume() { return std::move(*handle.promise().result).take(); }
  };
  Awaiter operator co_await() && noexcept { return {handle_}; }
  Awaiter operator co_await() & noexcept { return {handle_}; }

  /// `co_await task.as_result()` yields a Result<T> and never throws (throwing costs microseconds a layer).
  struct ResultAwaiter : Awaiter {
    Result<T> await_resume() { return std::move(*this->handle.promise().result); }
  };
  ResultAwaiter as_result() noexcept { return {{handle_}}; }

  /// Gives the operation another context than its parent's (a longer deadline, a scope of its own). The context must outlive it.
  Task with_context(Context& context) && noexcept {
    handle_.promise().context = &context;
    return std::move(*this);
  }

 private:
  friend promise_type;
  explicit Task(Handle handle) noexcept : handle_(handle) {}
  Handle handle_;
};

namespace detail {

template <class T>
Task<T> Promise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}

template <class T>
Root drive(Task<T> task, std::shared_ptr<Operation::State> state, std::function<void(Result<T>)> done) {
  Result<T> result = co_await task.as_result();
  static_cast<void>(Task<T>(std::move(task)));  // whoever is told may take apart all that the operation used
  finish(*state);
  done(std::move(result));
}

}  // namespace detail

template <class T>
Operation Task<T>::start(const StartOptions& options, std::function<void(Result<T>)> done) && {
  std::shared_ptr<Operation::State> state = detail::new_operation(options);
  detail::Root root = detail::drive<T>(std::move(*this), state, std::move(done));
  root.handle.promise().context = detail::context_of(*state);
  root.handle.resume();
  return Operation(std::move(state));
}

/// A task that is already done.
template <class T>
Task<T> ready(T value) {
  co_return value;
}
inline Task<void> ready() { co_return; }

}  // namespace genro::storage

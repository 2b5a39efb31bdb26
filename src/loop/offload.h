// offload(f): runs a blocking function without blocking the loop: at once when the caller drives its own operation,
// else on a helper thread. Used by the local backend, name resolution and user callbacks.
// It cannot be interrupted: keep each call short (one chunk, one system call). It may use the library again: what it asks
// for is done on its own thread.
#pragma once

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "loop/loop.h"
#include "loop/thread_share.h"

namespace genro::storage {

/// Work for a helper thread; finish() is posted to the loop when it is done.
class BlockingJob : public Job {
 public:
  virtual void work() noexcept = 0;
  Loop* loop = nullptr;
  const void* caller_context = nullptr;
  ThreadShare* share = &ThreadShare::general();

 protected:
  ~BlockingJob() = default;
};
void submit_blocking(BlockingJob& job);  // loop/thread_pool.cc
/// On a helper thread: StartOptions::caller_context of the operation that it works for; else null.
const void* caller_context() noexcept;
/// Whether the calling thread is one of them. Then it must not wait for work that it gives to another one.
bool on_helper_thread() noexcept;

template <class F>
class Offload final : private BlockingJob {
 public:
  using Value = std::invoke_result_t<F&>;
  using Stored = std::conditional_t<std::is_void_v<Value>, std::monostate, Value>;
  /// `always_elsewhere`: use a helper thread also when the caller drives, unless that is one (for work side by side).
  Offload(F function, bool always_elsewhere, ThreadShare& of)
      : function_(std::move(function)), elsewhere_(always_elsewhere) {
    share = &of;
  }
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> handle) {
    Context& context = *handle.promise().context;
    if (context.caller_driven && (!elsewhere_ || on_helper_thread())) {
      work();
      return false;
    }
    handle_ = handle;
    loop = &loop_of(context);
    BlockingJob::caller_context = context.caller_context;
    submit_blocking(*this);
    return true;
  }
  Value await_resume() {
    if (error_) std::rethrow_exception(error_);
    if constexpr (!std::is_void_v<Value>) return std::move(*value_);
  }

 private:
  void work() noexcept override {
    try {
      if constexpr (std::is_void_v<Value>) {
        function_();
      } else {
        value_.emplace(function_());
      }
    } catch (...) {
      error_ = std::current_exception();
    }
  }
  void run() noexcept override { loop->resume_soon(handle_); }

  F function_;
  bool elsewhere_;
  std::optional<Stored> value_;
  std::exception_ptr error_;
  std::coroutine_handle<> handle_;
};

template <class F>
Offload<F> offload(F function, ThreadShare& share = ThreadShare::general()) {
  return {std::move(function), false, share};
}
template <class F>
Offload<F> offload_elsewhere(F function) {
  return {std::move(function), true, ThreadShare::general()};
}

}  // namespace genro::storage

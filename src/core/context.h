// Context: what an operation runs with. It rides in the promise of every coroutine of the operation and is never a parameter.
// `Context& context = co_await current_context();` gives it. Everything in it belongs to the thread that drives the operation.
#pragma once

#include <coroutine>

#include "core/clock.h"
#include "core/scope.h"
#include "genro/storage/task.h"

namespace genro::storage {

struct Context {
  Loop* loop = nullptr;    ///< Who waits; null until needed when the caller drives (loop_of() in loop/loop.h makes it).
  Scope* scope = nullptr;  ///< Stopping; never null while running.
  TimePoint deadline = kNever;  ///< The whole operation's; waits never outlast it.
  bool parallel = false;        ///< A child of a TaskGroup: it must not keep the thread from the others by polling.
  bool caller_driven = false;   ///< The calling thread may block.
  const void* caller_context = nullptr;  ///< StartOptions::caller_context, for callbacks that ask whom they serve.
};

struct CurrentContext {
  Context* context = nullptr;
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> handle) noexcept {
    context = handle.promise().context;
    return false;
  }
  Context& await_resume() const noexcept { return *context; }
};
inline CurrentContext current_context() noexcept { return {}; }

}  // namespace genro::storage

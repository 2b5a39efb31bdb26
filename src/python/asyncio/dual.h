// The one rule of the package: no event loop running on this thread, a method returns its value; inside a running loop it
// returns an awaitable of the same value, and inside one that is not asyncio's it raises. dual() is the only place that decides.
//
// A method describes its work as an Operation, which is movable and lives until the engine is through with it:
//   Task<T> task();                the engine's work; may refer to the operation itself
//   PyObject* value(T result);     its value for Python; with the GIL
//   optional<T> try_now();         if there is one: the value without a task, for a caller who waits; nothing: ask the task
//   bool quick() const;            never waits and never runs long: the GIL is kept (giving it up costs more than the work)
//   bool remote() const;              optional: it goes over a network
//   bool heavy(const T&) const;    optional, without the GIL: making the value takes long. Then a helper thread makes it,
//                                  and value() gives up the GIL now and then (gil_pause.h)
#pragma once

#include <optional>
#include <type_traits>
#include <utility>

#include "core/context.h"
#include "genro/storage/task.h"
#include "loop/loop.h"
#include "loop/offload.h"
#include "loop/run.h"
#include "python/asyncio/abandoned.h"
#include "python/asyncio/awaitable.h"
#include "python/asyncio/foreign_loop.h"
#include "python/asyncio/running_loop.h"
#include "python/asyncio/values_only.h"
#include "python/calls/convert.h"
#include "python/calls/in_context.h"
#include "python/exceptions.h"
#include "python/gil.h"
#include "python/gil_pause.h"

namespace genro::storage::python {

/// What a method gives: its value outside of event loops and an awaitable within, or always the one or the other.
enum class CallMode : unsigned char { dual, sync, async };

template <class>
struct TaskValue;
template <class T>
struct TaskValue<Task<T>> {
  using Type = T;
};
template <class Op>
using ValueOf = typename TaskValue<decltype(std::declval<Op&>().task())>::Type;

/// The value as Python sees it, or null with an error set.
template <class Op>
PyObject* value_of(Op& operation, Result<ValueOf<Op>>&& result) noexcept {
  return guarded([&]() -> PyObject* {
    if constexpr (std::is_void_v<ValueOf<Op>>) {
      std::move(result).take();
      return operation.value();
    } else {
      return operation.value(std::move(result).take());
    }
  });
}

/// Runs the operation to its end; never throws, so that it may be called without the GIL.
template <class Op>
Result<ValueOf<Op>> run_or_try(Op& operation) {
  try {
    if constexpr (requires { operation.try_now(); }) {  // the value where no task is needed for it
      if (auto value = operation.try_now()) return Result<ValueOf<Op>>(std::in_place, *std::move(value));
    }
    return operation.task().result();
  } catch (...) {  // making the task failed
    return std::current_exception();
  }
}

/// Runs the operation on this thread.
template <class Op>
PyObject* run_now(Op& operation) {
  std::optional<Result<ValueOf<Op>>> result;
  if (operation.quick()) {
    result.emplace(run_or_try(operation));
  } else {
    PyThreadState* state = PyEval_SaveThread();
    result.emplace(run_or_try(operation));
    take_gil_back(state);
  }
  release_deferred();
  if (raise_interruption()) return nullptr;  // KeyboardInterrupt, also where the work was done by then
  if (!result->ok()) {
    set_error(result->exception());
    return nullptr;
  }
  return value_of(operation, std::move(*result));
}

/// Whether the operation goes over a network. Then all of it runs on the reactor, and this thread has the next task's turn.
template <class Op>
bool is_far(const Op& operation) {
  if constexpr (requires { operation.remote(); }) {
    return operation.remote();
  } else {
    return false;
  }
}

/// Whether making the value of such a result may take long at all.
template <class Op, class Value>
constexpr bool kMayBeHeavy = std::is_same_v<Value, Bytes> || requires(const Op& op, const Value& v) { op.heavy(v); };

template <class Op, class Value>
bool is_heavy(const Op& operation, const Value& value) noexcept {
  if constexpr (requires { operation.heavy(value); }) {
    return operation.heavy(value);
  } else {
    return value.size() >= kLong && is_copied_to_python(value);
  }
}

template <class Op>
class Running final : public PendingOperation, private Job {
 public:
  using Value = ValueOf<Op>;
  explicit Running(Op&& operation) : operation_(std::move(operation)) {}
  static void* operator new(std::size_t size) { return storage::detail::allocate_frame(size); }
  static void operator delete(void* memory, std::size_t size) noexcept { storage::detail::free_frame(memory, size); }

  void begin() noexcept override {
    context_.loop = &reactor();
    context_.scope = &scope_;
    if (contexts_are_wanted.load(std::memory_order_relaxed)) {
      caller_ = Ref::steal(PyContext_CopyCurrent());
      context_.caller_context = caller_.get();
    }
    if (is_far(operation_)) {
      context_.loop->post(*this);
    } else {
      run();
    }
  }
  PyObject* take() noexcept override {
    if (made_) return made_.release();
    if (result_->ok()) return value_of(operation_, std::move(*result_));
    set_error(result_->exception());
    return nullptr;
  }
  void cancel() noexcept override {
    ref();
    context_.loop->post(stop_);
  }

 private:
  /// On the reactor's thread, like the operation itself.
  struct Stop final : Job {
    explicit Stop(Running& of) noexcept : running(of) {}
    void run() noexcept override {
      if (!running.done()) running.scope_.stop(Error(ErrorCode::cancelled, "cancelled"));
      running.unref_anywhere();
    }
    Running& running;
  };

  void run() noexcept override {
    const storage::detail::Root root = drive(this);
    root.handle.promise().context = &context_;
    root.handle.resume();
  }
  static storage::detail::Root drive(Running* self) {
    if (some_abandoned()) [[unlikely]] {
      Task<void> waiting = abandoned_at_rest();
      const Result<void> rested = co_await waiting.as_result();
      if (!rested.ok()) self->result_.emplace(rested.exception());
    }
    std::optional<Task<Value>> task = self->made();
    if (task) {
      Result<Value> result = co_await task->as_result();
      self->result_.emplace(std::move(result));
      task.reset();  // lets go of the operation's buffers
    }
    if constexpr (kMayBeHeavy<Op, Value>) {
      if (self->result_->ok() && is_heavy(self->operation_, self->result_->value())) {
        auto making = offload([self] { self->make_value(); });
        co_await making;
      }
    }
    self->finished();  // from here on it may be gone
  }
  /// Nothing when there is a result already, or making the task failed.
  std::optional<Task<Value>> made() {
    try {
      if (!result_) return operation_.task();
    } catch (...) {
      result_.emplace(std::current_exception());
    }
    return std::nullopt;
  }

  /// On a helper thread: the value that take() will give.
  void make_value() noexcept {
    const GilHold gil;
    if (!gil) return;  // the interpreter is exiting: nobody will take it
    made_ = Ref::steal(value_of(operation_, std::move(*result_)));
    if (!made_) result_.emplace(std::make_exception_ptr(PythonError::take()));
  }

  Op operation_;
  Scope scope_;
  Context context_;
  Ref caller_;  // the context of the caller, for callable base paths
  Stop stop_{*this};
  std::optional<Result<Value>> result_;
  Ref made_;  // the value, where a helper thread made it
};

/// Throws ErrorIsSet in an event loop that is not asyncio's.
inline bool gives_awaitable(CallMode mode) {
  if (mode != CallMode::dual) return mode == CallMode::async;
  if (ValuesOnly::active()) return false;
  if (running_loop()) return true;
  refuse_foreign_loop();
  return false;
}

/// Where `dual` has nothing but the operation.
inline PyObject* no_immediate() noexcept { return nullptr; }

/// `make` builds the operation from the call's arguments; what it throws is, in a loop, raised when the awaitable is awaited.
/// `immediate_value` is asked first where nobody awaits: the value if it is in memory, so that not even an operation is made for it,
/// else null, without an error.
template <class Make, class Immediate = PyObject* (*)() noexcept>
PyObject* dual(const char* name, Make&& make, CallMode mode = CallMode::dual,
               Immediate&& immediate_value = &no_immediate) noexcept {
  return guarded([&]() -> PyObject* {
    const bool awaits = gives_awaitable(mode);
    try {
      if (!awaits) {
        if (some_abandoned()) [[unlikely]]
          wait_for_abandoned();
        if (PyObject* value = immediate_value()) {
          release_deferred();
          return value;
        }
      }
      auto operation = make();
      using Op = decltype(operation);
      if (!awaits) return run_now(operation);
      return make_awaitable(*new Running<Op>(std::move(operation)), name);
    } catch (...) {
      set_current_error();
      return awaits ? make_failed_awaitable(name) : nullptr;
    }
  });
}

}  // namespace genro::storage::python

#include "loop/task_group.h"

#include <memory>
#include <utility>

#include "loop/loop.h"

namespace genro::storage {

/// A child's outermost coroutine: starts at once and frees itself.
struct TaskGroup::Child {
  struct promise_type : detail::PromiseBase {
    Child get_return_object() noexcept { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
  };
  std::coroutine_handle<promise_type> handle;
};

/// Suspends until at most `most` children run.
struct TaskGroup::Wait {
  TaskGroup& group;
  std::size_t most;
  bool await_ready() const noexcept { return group.running_ <= most; }
  void await_suspend(std::coroutine_handle<> handle) const noexcept {
    group.waiting_ = handle;
    group.wake_at_ = most;
  }
  void await_resume() const noexcept {}
};

TaskGroup::TaskGroup(Context& parent, std::size_t limit) : scope_(parent.scope), context_(parent), limit_(limit) {
  context_.loop = &loop_of(parent);  // one loop for all children
  context_.scope = &scope_;
  context_.parallel = true;
}

TaskGroup::~TaskGroup() {
  if (running_ != 0) std::terminate();  // children would outlive what they refer to
}

TaskGroup::Child TaskGroup::run(TaskGroup& group, Task<void> task) {
  const Result<void> result = co_await task.as_result();
  group.child_done(result.exception());
}

void TaskGroup::spawn(Task<void> task) {
  if (error_ || scope_.stopped()) return;
  ++running_;
  Child child = run(*this, std::move(task));
  child.handle.promise().context = &context_;
  child.handle.resume();
}

void TaskGroup::child_done(std::exception_ptr error) noexcept {
  --running_;
  if (error && !error_) {
    error_ = error;
    scope_.stop(Error(ErrorCode::cancelled, "stopped because another part failed"));
  }
  if (waiting_ && running_ <= wake_at_) context_.loop->resume_soon(std::exchange(waiting_, nullptr));
}

Task<bool> TaskGroup::room() {
  if (limit_ != 0) co_await Wait{*this, limit_ - 1};
  co_return !error_ && !scope_.stopped();
}

Task<void> TaskGroup::join() {
  co_await Wait{*this, 0};
  if (error_) std::rethrow_exception(error_);
  scope_.check();
}

namespace {
Task<void> step_of(std::shared_ptr<std::function<Task<void>(std::size_t)>> step, std::size_t index) {
  Task<void> task = (*step)(index);
  co_await task;
}
}  // namespace

Task<void> for_each_parallel(std::size_t count, std::size_t limit, std::function<Task<void>(std::size_t)> step) {
  co_await hop();
  Context& context = co_await current_context();
  auto shared = std::make_shared<std::function<Task<void>(std::size_t)>>(std::move(step));
  TaskGroup group(context, limit);
  for (std::size_t i = 0; i < count; ++i) {
    Task<bool> room = group.room();
    if (!co_await room) break;
    group.spawn(step_of(shared, i));
  }
  Task<void> end = group.join();
  co_await end;
}

Task<void> shielded(Task<void> task, Duration timeout) {
  Context& outer = co_await current_context();
  Scope scope;
  Context context = outer;
  context.loop = &loop_of(outer);
  context.scope = &scope;
  context.deadline = context.loop->now() + timeout;
  Task<void> inner = std::move(task).with_context(context);
  co_await inner;
}

}  // namespace genro::storage

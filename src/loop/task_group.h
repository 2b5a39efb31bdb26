// TaskGroup: several child operations at once on one loop, with structured ends: join() waits for all of them; the first
// failure stops the others and is thrown. Used by everything parallel (transfers, parts, get_many).
// Make it after `co_await hop()`, always join() before it goes out of scope.
#pragma once

#include <cstddef>
#include <functional>

#include "core/context.h"
#include "genro/storage/task.h"

namespace genro::storage {

class TaskGroup {
 public:
  /// `limit`: at most so many children run at once (room() waits); 0 = any number.
  explicit TaskGroup(Context& parent, std::size_t limit = 0);
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  /// Starts the child now; it runs until it first waits. A failed group starts nothing more.
  void spawn(Task<void> task);
  /// Waits until fewer than `limit` children run. Gives false when the group has failed: stop producing and join().
  Task<bool> room();
  /// Waits for all; throws the first failure.
  Task<void> join();
  /// Asks all children to stop.
  void stop(const Error& reason) noexcept { scope_.stop(reason); }
  Context& context() noexcept { return context_; }

 private:
  struct Child;
  static Child run(TaskGroup& group, Task<void> task);
  struct Wait;
  void child_done(std::exception_ptr error) noexcept;

  Scope scope_;
  Context context_;
  std::size_t limit_;
  std::size_t running_ = 0;
  std::size_t wake_at_ = 0;
  std::coroutine_handle<> waiting_;
  std::exception_ptr error_;
};

/// Runs `step(i)` for i in [0, count), at most `limit` at once. The first failure stops the rest.
Task<void> for_each_parallel(std::size_t count, std::size_t limit, std::function<Task<void>(std::size_t)> step);
/// Runs the task to its end also when the operation is stopped (aborting an upload), for at most `timeout`.
Task<void> shielded(Task<void> task, Duration timeout);

}  // namespace genro::storage

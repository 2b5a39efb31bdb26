// Node::call: a program over nodes. What it has changed is uploaded when it has ended well; then comes the callback.
#include "genro/storage/call.h"

#include <sys/wait.h>

#include <cerrno>

#include "loop/child_process.h"
#include "loop/offload.h"
#include "node/files/call_files.h"

namespace genro::storage {
namespace {

// Who finds no descriptor, or no room for a process, waits for others to be done: so often, so long.
constexpr Duration kAgain = std::chrono::milliseconds(20);
constexpr Duration kPatience = std::chrono::seconds(60);

Error exit_failure(const std::string& program, int status) {
  const std::string how = WIFSIGNALED(status) ? "was ended by signal " + std::to_string(WTERMSIG(status))
                                              : "ended with status " + std::to_string(WEXITSTATUS(status));
  return Error(ErrorCode::io, "call", program, "the program " + how);
}

Task<std::string> run_program(std::vector<std::string> words, CallOptions options) {
  if (options.shell) words.insert(words.begin(), {"/bin/sh", "-c"});
  const ProgramStart start{std::move(words), std::move(options.cwd), std::move(options.environment),
                           options.return_output};
  ChildProcess child;
  co_await hop();
  Context& context = co_await current_context();
  for (const TimePoint patience_ends = loop_of(context).now() + kPatience;;) {
    int error = 0;
    auto starting = offload([&] { error = child.start(start); });
    co_await starting;
    context.scope->check();
    if (error == 0) break;
    const bool used_up = error == EMFILE || error == ENFILE || error == EAGAIN;
    if (!used_up || loop_of(context).now() > patience_ends) {
      throw Error::from_errno(error, "call", start.arguments.front());
    }
    auto pause = sleep_until(loop_of(context).now() + kAgain);
    co_await pause;
    context.scope->check();
  }
  const TimePoint until = options.timeout > 0 ? loop_of(context).now() + seconds(options.timeout) : kNever;
  std::string output;
  Task<int> waiting = child.wait(until, &output);
  const int status = co_await waiting;
  if (status != 0) throw exit_failure(start.arguments.front(), status);
  co_return output;
}

Task<std::string> call_program(std::vector<CallArgument> arguments, CallOptions options) {
  CallFiles files(std::move(arguments));
  Task<std::vector<std::string>> opening = files.open();
  std::vector<std::string> words = co_await opening;
  const std::function<void()> callback = std::move(options.callback);
  Task<std::string> running = run_program(std::move(words), std::move(options));
  std::string output = co_await running;
  Task<void> committing = files.commit();
  co_await committing;
  files.close();
  if (callback) callback();
  co_return output;
}

}  // namespace

Task<std::string> Node::call(std::vector<CallArgument> arguments) const {
  return call_program(std::move(arguments), {});
}
Task<std::string> Node::call(std::vector<CallArgument> arguments, CallOptions options) const {
  return call_program(std::move(arguments), std::move(options));
}

}  // namespace genro::storage

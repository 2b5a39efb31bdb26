// Node::call: a program over nodes. Each file is brought once, however often it is named; what the program has changed is
// uploaded when it has ended well, all of it that can be; then the callback.
#include "genro/storage/call.h"

#include <sys/wait.h>

#include <cerrno>
#include <map>
#include <memory>
#include <tuple>

#include "loop/child_process.h"
#include "loop/offload.h"
#include "node/guard.h"
#include "node/mount.h"
#include "node/snapshot.h"
#include "node/transfer/transfer.h"

namespace genro::storage {
namespace {

// Who finds no descriptor, or no room for a process, waits for others to be done: so often, so long.
constexpr Duration kAgain = std::chrono::milliseconds(20);
constexpr Duration kPatience = std::chrono::seconds(60);

/// Nodes that stand for one file have one key, on whichever mounts they are.
using Key = std::tuple<std::string, const Backend*, std::string, std::string>;

Key key_of(const Node& node) {
  if (node.detached()) throw Error(ErrorCode::invalid_argument, "call", "None:", "the node belongs to no mount");
  const MountPointer& mount = live_mount(node.mount());
  std::string store = mount->core->identity();
  const Backend* core = store.empty() ? mount->core.get() : nullptr;
  return {std::move(store), core, Location{mount, node.path()}.core_path(), node.version()};
}

struct Brought {
  LocalPath local;
  bool writable;
};

std::map<Key, Brought> plan(const std::vector<CallArgument>& arguments) {
  std::map<Key, Brought> files;
  for (const CallArgument& argument : arguments) {
    const Node* node = std::get_if<Node>(&argument.value);
    if (!node) continue;
    const bool writable = node->version().empty() && node->capabilities().write;
    Key key = key_of(*node);
    const auto found = files.find(key);
    if (found != files.end() && (found->second.writable || !writable)) continue;
    files.insert_or_assign(std::move(key), Brought{node->local_path(writable ? "rw" : "r"), writable});
  }
  return files;
}

std::vector<std::string> words_of(const std::vector<CallArgument>& arguments, const std::map<Key, Brought>& files) {
  std::vector<std::string> words;
  for (const CallArgument& argument : arguments) {
    const auto* word = std::get_if<std::string>(&argument.value);
    words.push_back(word ? *word : files.at(key_of(std::get<Node>(argument.value))).local.path());
  }
  return words;
}

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
  if (arguments.empty()) throw Error(ErrorCode::invalid_argument, "call", "", "call() needs a program to run");
  std::map<Key, Brought> files = plan(arguments);
  for (auto& [key, file] : files) {
    Task<std::string> opening = file.local.open();
    co_await opening;
  }
  const std::function<void()> callback = std::move(options.callback);
  Task<std::string> running = run_program(words_of(arguments, files), std::move(options));
  std::string output = co_await running;
  std::exception_ptr failure;
  for (auto& [key, file] : files) {  // one that fails is no reason to lose the others
    Task<void> committing = file.local.commit();
    const Result<void> committed = co_await committing.as_result();
    if (!committed.ok() && !failure) failure = committed.exception();
  }
  if (failure) std::rethrow_exception(failure);
  files.clear();
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

#include "loop/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <utility>

#include "core/context.h"
#include "loop/loop.h"

extern char** environ;

namespace genro::storage {
namespace {

constexpr Duration kLookForEnd = std::chrono::milliseconds(5);  // where the end of a process cannot be waited for

int watch_process([[maybe_unused]] pid_t pid) noexcept {
#ifdef SYS_pidfd_open
  return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));  // closed on exec by itself
#else
  return -1;
#endif
}

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> result;
  result.reserve(words.size() + 1);
  for (const std::string& word : words) result.push_back(const_cast<char*>(word.c_str()));
  result.push_back(nullptr);
  return result;
}

/// What posix_spawn is told, freed with the object.
struct Attributes {
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
  explicit Attributes(bool own_group) {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    // Programs expect to be born without blocked or ignored signals; ours may be otherwise.
    sigset_t none;
    sigset_t usual;
    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &usual);
    posix_spawnattr_setpgroup(&attributes, 0);
    const int group = own_group ? POSIX_SPAWN_SETPGROUP : 0;
    posix_spawnattr_setflags(&attributes, static_cast<short>(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | group));
  }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
};

bool is_gone(pid_t pid) noexcept {
  const pid_t gone = ::waitpid(pid, nullptr, WNOHANG);
  return gone == pid || (gone < 0 && errno == ECHILD);
}

Task<void> wait_for_end(pid_t pid) {
  co_await hop();
  Context& context = co_await current_context();
  while (!is_gone(pid)) {
    auto pause = sleep_until(loop_of(context).now() + kLookForEnd);
    co_await pause;
  }
}

/// Of a killed one. It may take a moment to go, which is not the reactor's to spend.
void bury(pid_t pid) noexcept {
  if (is_gone(pid)) return;
  const Loop* const loop = Loop::current();
  if (loop && loop->kind() == Loop::Kind::reactor) {
    try {
      wait_for_end(pid).start({}, [](const Result<void>&) {});
      return;
    } catch (const std::bad_alloc&) {
      // Then it is waited for here.
    }
  }
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) continue;
}

}  // namespace

int ChildProcess::start(const ProgramStart& start) {
  own_group_ = ::isatty(STDIN_FILENO) == 0;
  Attributes how(own_group_);
  std::array<int, 2> ends{-1, -1};
  if (start.capture) {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return errno;
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    posix_spawn_file_actions_adddup2(&how.actions, ends[1], STDOUT_FILENO);
  }
  if (!start.cwd.empty()) posix_spawn_file_actions_addchdir_np(&how.actions, start.cwd.c_str());
  const std::vector<char*> arguments = pointers(start.arguments);
  const std::vector<char*> own = start.environment ? pointers(*start.environment) : std::vector<char*>();
  const int error = ::posix_spawnp(&pid_, arguments.front(), &how.actions, &how.attributes, arguments.data(),
                                   start.environment ? own.data() : environ);
  if (ends[1] >= 0) ::close(ends[1]);
  if (error != 0) {
    pid_ = -1;
    if (ends[0] >= 0) ::close(ends[0]);
    return error;
  }
  pipe_ = ends[0];
  watch_ = watch_process(pid_);
  return 0;
}

ChildProcess::~ChildProcess() {
  if (pid_ > 0) {
    ::kill(own_group_ ? -pid_ : pid_, SIGKILL);  // until it is waited for, its number is not given to another
    bury(pid_);
  }
  for (const int descriptor : {pipe_, watch_}) {
    if (descriptor < 0) continue;
    if (Loop* loop = Loop::current()) loop->poller().forget(descriptor);
    ::close(descriptor);
  }
}

std::optional<int> ChildProcess::ended() noexcept {
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  pid_ = -1;
  return status;
}

/// Reads what there is; false once the other side has closed its end.
bool ChildProcess::drain(std::string& output) {
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t got = ::read(pipe_, buffer.data(), buffer.size());
    if (got == 0) return false;
    if (got > 0) {
      output.append(buffer.data(), static_cast<std::size_t>(got));
    } else if (errno != EINTR) {
      return errno == EAGAIN;
    }
  }
}

Task<int> ChildProcess::wait(TimePoint until, std::string* output) {
  co_await hop();
  Context& context = co_await current_context();
  Loop& loop = loop_of(context);
  while (pipe_ >= 0 && drain(*output)) {
    auto more = ready_for(pipe_, Interest::read, until);
    const WaitStatus status = co_await more;
    if (status != WaitStatus::ready) throw_wait(status, context, "the program");
  }
  for (;;) {
    if (const std::optional<int> status = ended()) co_return *status;
    const TimePoint next = watch_ >= 0 ? until : std::min(until, loop.now() + kLookForEnd);
    auto end = ready_for(watch_, Interest::read, next);
    const WaitStatus status = co_await end;
    if (status != WaitStatus::ready && (status == WaitStatus::stopped || next == until)) {
      throw_wait(status, context, "the program");
    }
  }
}

}  // namespace genro::storage

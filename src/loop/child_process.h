// ChildProcess: runs a program in a process group of its own, waits for it on the operation's loop, and kills the whole
// group on cancellation. Exception: with a terminal as its standard input the program stays in our group, since a
// background group may not read from a terminal; Ctrl-C reaches it there anyway. Used by Node::call.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "genro/storage/task.h"

namespace genro::storage {

struct ProgramStart {
  std::vector<std::string> arguments;  ///< The first is the program, looked for in $PATH unless it has a slash.
  std::string cwd;
  std::optional<std::vector<std::string>> environment;
  bool capture = false;
};

class ChildProcess {
 public:
  ChildProcess() = default;
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  /// Kills it if it still runs. A reactor does not wait until it is gone.
  ~ChildProcess();

  /// Once, and again where it failed. Gives 0 or an errno value: ENOENT when there is no such program. Blocks for a moment.
  int start(const ProgramStart& start);
  /// Waits for its end and gives its wait status; `output` gets what it wrote. Throws timeout, or why the operation was stopped.
  Task<int> wait(TimePoint until, std::string* output);

 private:
  std::optional<int> ended() noexcept;
  bool drain(std::string& output);

  bool own_group_ = false;
  pid_t pid_ = -1;
  int pipe_ = -1;   // its standard output, where it is captured
  int watch_ = -1;  // becomes readable at its end; -1 where the system has no such thing
};

}  // namespace genro::storage

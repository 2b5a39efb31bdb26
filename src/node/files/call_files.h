// CallFiles: the files of the nodes that a program is called over. Each is brought under one local path, however often it is
// named; writable, where its mount allows that and the node is no snapshot. Used by Node::call and by Python's call(), which
// run programs in ways of their own. One task at a time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "genro/storage/call.h"
#include "genro/storage/local_path.h"
#include "genro/storage/task.h"

namespace genro::storage {

class CallFiles {
 public:
  /// No I/O. Throws invalid_argument where there is no program, and what refuses one of the nodes.
  explicit CallFiles(std::vector<CallArgument> arguments);

  /// Brings all files; gives the words of the command, with paths for nodes.
  Task<std::vector<std::string>> open();
  /// Uploads what the program has written, all that can be; then throws the first failure.
  Task<void> commit();
  /// Removes temporary files, as LocalPath::close(). May be called at any time, from any thread.
  void close() noexcept;

  struct State;  // call_files.cc

 private:
  std::shared_ptr<State> state_;
};

}  // namespace genro::storage

// LocalPath: a file of any backend under a path of the local file system, for programs that want one. Made by
// Node::local_path, which has checked the mode and the permissions already. One task at a time.
//   LocalPath local = node.local_path("rw");
//   edit(co_await local.open());
//   co_await local.commit();          // without it nothing is uploaded
#pragma once

#include <memory>
#include <string>

#include "genro/storage/task.h"

namespace genro::storage {

class LocalPath {
 public:
  struct State;  // node/local_path.cc
  explicit LocalPath(std::shared_ptr<State> state) : state_(std::move(state)) {}
  LocalPath(LocalPath&&) noexcept = default;
  LocalPath& operator=(LocalPath&& other) noexcept;
  /// Removes a temporary file; uploads nothing.
  ~LocalPath();

  /// The path. On a local mount the file itself, at no cost; else a new temporary file in $TMPDIR or /tmp with the same
  /// extension: mode "r" downloads into it, "w" leaves it empty, "rw" downloads what there is.
  /// Throws not_found for "r" of a missing file. After close() it may be called again and starts afresh.
  Task<std::string> open();
  /// Uploads the temporary file where the mode writes and the file was written to since open() or the last commit().
  /// The last one to commit wins. Throws not_found when the temporary file was taken away.
  Task<void> commit();
  /// Removes the temporary file, after what is in flight. Idempotent; may be called at any time, from any thread.
  void close() noexcept;
  std::string path() const;  ///< "" when it is not open

 private:
  std::shared_ptr<State> state_;
};

}  // namespace genro::storage

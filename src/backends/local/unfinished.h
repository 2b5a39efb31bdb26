// Files of a local mount that are being written: names that only this library makes, a lock that says that the writer is
// alive, and the end of those whose writer is dead. Used by the parts of the local backend. All but the names may block.
//  - A name is ".<name>.<32 marked digits>.tmp" (backend/marked_digits.h), or without <name> where the whole would be too
//    long. Nobody else comes upon such a name by chance, and users are refused them.
//  - The writer locks the file, and later looks whether it still is there; who removes it locks it before. A file that can be
//    locked has no writer any more. Where the file system knows no locks, nothing is ever taken for dead.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "core/env.h"
#include "core/files.h"

namespace genro::storage::local {

bool is_unfinished_name(std::string_view name) noexcept;
/// A new one for a file that is to be called `name`.
std::string unfinished_name(Env& env, std::string_view name);
/// Throws invalid_path when a component of the path is such a name.
void refuse_unfinished_name(const char* operation, const std::string& path);

/// Makes and locks an empty file with such a name, which `name` then is. Gives its descriptor, or -errno and "". Somebody may
/// have removed it between the two: then its link count is 0, for ever.
int make_unfinished(Env& env, int folder, std::string_view wanted, mode_t mode, std::string& name);
/// Removes the unfinished file if its writer is provably dead. Gives whether it did.
bool remove_if_dead(Files& files, int folder, const char* name) noexcept;

/// Removes what killed writers left in the folders that are written to. One of each mount; thread-safe.
class Leftovers {
 public:
  explicit Leftovers(Env& env) noexcept : env_(env) {}
  /// Looks through the folder of a write, unless looking would take more than a fiftieth of all time. Of a very large folder
  /// only the beginning is looked at, and nothing on file systems that the kernel does not serve by itself: the writer may be
  /// on another machine, which many of them tell nothing of locks. Never fails.
  void clear(int folder) noexcept;

 private:
  Env& env_;
  std::atomic<TimePoint> due_{TimePoint::min()};
};

}  // namespace genro::storage::local

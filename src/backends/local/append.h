// Appending to a file of a local mount. Used by the local backend.
// A small append is one write into the file. A large one makes a new file of the old content and what is added, so that it is
// there whole or not at all, whatever ends it. Where that would cost many times the append itself (a file that is much larger,
// on a file system that cannot share blocks), or would lose what belongs to the file (other hard links, another owner), it goes
// into the file, too: taken back when it fails or is stopped, but not when the process is killed.
#pragma once

#include <cstdint>
#include <string>

#include "backends/local/rooted_path.h"
#include "genro/storage/bytes.h"
#include "genro/storage/task.h"

namespace genro::storage::local {

inline constexpr std::uint64_t kOneWrite = 1 << 20;  ///< bytes; more is a large append

Task<void> append(Base& base, Env& env, std::string path, Body body, bool durable);

}  // namespace genro::storage::local

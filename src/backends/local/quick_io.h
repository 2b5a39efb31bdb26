// Fast path for stat and small reads below a fixed folder, in as few system calls as possible. Anything unusual falls back
// to local.cc. Never throws on system errors.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>

#include "backends/local/rooted_path.h"
#include "genro/storage/bytes.h"

namespace genro::storage::local {

inline constexpr int kOpenToRead = O_RDONLY | O_NONBLOCK | O_NOCTTY;  ///< Never waits for the other end of a FIFO.

enum class Look : unsigned char { found, absent, unclear };
/// Fills `status` with what is found. `cached`: without waiting for a disk or another file system (Pace).
Look try_stat_file(Files& files, Base& base, const std::string& path, bool cached, struct stat& status);

/// Opens a file to read it: 0 or -errno, -EAGAIN when that would wait. `cached`: as above, else for a caller who waits.
int try_open(Files& files, int root, const std::string& path, bool cached, OpenFile& opened);

/// The whole of a regular file of at most `most` bytes.
std::optional<Bytes> try_read(Files& files, int root, const std::string& path, std::uint64_t most);

}  // namespace genro::storage::local

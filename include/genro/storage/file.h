// File: an open file of any backend, read or written as a stream. Made by Node::open.
// Any number of threads and coroutines may use one: their operations take turns, in the order in which they were begun, and
// an operation that is stopped before its turn has not happened. Moving or dropping the File itself is for one thread; an
// operation that is under way then goes on to its end.
// The position moves only when an operation succeeds. A write or truncate that failed or was stopped, even before its turn,
// makes close() fail: what is published never has a hole.
// What is written becomes visible whole at close(), or never: dropping an open File, or abort(), commits nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "genro/storage/bytes.h"
#include "genro/storage/entry.h"
#include "genro/storage/task.h"

namespace genro::storage {

class File {
 public:
  struct Stream;  // node/files/file_stream.h: one form a mode
  explicit File(std::shared_ptr<Stream> stream);
  File(File&&) noexcept;
  File& operator=(File&&) noexcept;
  ~File();

  Task<std::size_t> read_into(std::span<std::byte> target);  ///< 0 = end
  Task<Bytes> read(std::uint64_t size);                      ///< Fewer bytes only at the end.
  Task<Bytes> read_all();
  Task<void> write(Bytes data);
  Task<std::uint64_t> seek(std::int64_t offset,
                           int whence = 0);  ///< whence: 0 start, 1 here, 2 end; gives the new position.
  std::uint64_t tell() const noexcept;       ///< Where the operations that have ended left it.
  Task<std::uint64_t> truncate(std::uint64_t size);
  Task<std::uint64_t> size();
  /// The system's open file behind this one, for calls and programs that want one; valid until close(), and from now on the
  /// position is the descriptor's. Of a file being written it has no name before close(). Throws unsupported where there is
  /// none: reading from anything but a local mount, contents that are kept in memory, and those sent off as they are written.
  Task<int> descriptor();
  /// Commits what was written. Idempotent. After it only closed() may be called.
  Task<Entry> close();
  /// Ends without committing; the target stays as it was.
  Task<void> abort();
  bool closed() const noexcept;
  bool readable() const noexcept;
  bool writable() const noexcept;
  bool seekable() const noexcept;

 private:
  std::shared_ptr<Stream> stream_;
};

}  // namespace genro::storage

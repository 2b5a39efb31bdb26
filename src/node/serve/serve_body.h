// ServeBody::Source: the file behind a response's body, as long as it is sent. Made by Node::serve.
//   1. Only the content that the response announced is ever given: another etag or a shorter file is an error.
//   2. A local file is read by its descriptor at any place; one that has grown meanwhile gives what it was announced with.
//   3. Elsewhere one reader goes front to back; whoever asks for another place opens another one, of the same version.
// Thread-safe: a reader in use is out of the source, so that nobody else can take it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/files.h"
#include "core/mutex.h"
#include "genro/storage/backend.h"
#include "genro/storage/serve.h"
#include "node/mount.h"

namespace genro::storage {

struct ServeBody::Source {
  Source(MountPointer on, std::string at, Entry described)
      : mount(std::move(on)), path(std::move(at)), entry(std::move(described)) {}

  /// Takes an unread reader of this file, whichever range of it.
  void adopt(std::unique_ptr<Reader> fresh);
  /// Exactly the bytes [begin, end) on the way through a part that ends at `part_end`.
  Task<Bytes> read(std::uint64_t begin, std::uint64_t end, std::uint64_t part_end);
  /// The range as a span of an open file; nothing where there is none.
  std::optional<FileSpan> span(std::uint64_t begin, std::uint64_t end);
  void close() noexcept;
  /// Opens a reader of this very content from `begin` to `end`.
  static Task<std::unique_ptr<Reader>> open(MountPointer mount, std::string path, Entry entry, ByteRange range);

  const MountPointer mount;
  const std::string path;
  const Entry entry;

 private:
  struct Opened {  // a local file
    FileSpan file;
    std::uint64_t shift = 0;  // from offsets of the content to those of the file
    struct stat status{};
  };
  std::shared_ptr<const Opened> opened();
  std::unique_ptr<Reader> reader_at(std::uint64_t begin, std::uint64_t part_end);
  Task<Bytes> read_file(std::shared_ptr<const Opened> file, std::uint64_t begin, std::uint64_t end, bool last);
  Task<Bytes> read_stream(std::uint64_t begin, std::uint64_t end, std::uint64_t part_end);
  void check_unchanged(const Opened& file) const;

  Mutex mutex_;
  std::shared_ptr<const Opened> file_;
  std::unique_ptr<Reader> reader_;
  std::uint64_t position_ = 0;  // of the reader
  std::uint64_t reader_end_ = 0;
};

}  // namespace genro::storage

// SpillFile: a temporary file without a name that holds what is written until it can be put in one piece.
// Used by Writer in front of backends without multipart uploads. The file is gone with the last copy of its span.
// Its calls may block: each is one short write to a local file.
#pragma once

#include <cstdint>

#include "core/files.h"
#include "genro/storage/bytes.h"
#include "genro/storage/task.h"

namespace genro::storage {

/// An empty file without a name in $TMPDIR, else /tmp, open for reading and writing; gone when the last copy of the descriptor is.
std::shared_ptr<const int> open_spill_file(Files& files);

class SpillFile {
 public:
  /// In $TMPDIR, else /tmp. Throws what the system says (no_space, permission_denied, …).
  explicit SpillFile(Files& files);
  /// Appends all pieces of the body.
  Task<void> write(Body body);
  Body body() const { return Body(FileSpan{descriptor_, 0, size_}); }
  std::uint64_t size() const noexcept { return size_; }

 private:
  void append(const Bytes& piece);

  Files& files_;
  std::shared_ptr<const int> descriptor_;
  std::uint64_t size_ = 0;
};

}  // namespace genro::storage

// EditBuffer: a content that is being changed anywhere: in memory while it is small, then in a file without a name. Where the
// backend has staged files that is the file which becomes the content, so that nothing is written twice.
// Used by files open for writing. Its calls may wait for a disk; one at a time. Dropped, it leaves nothing behind.
// In a forked child it is its parent's: whatever would change or take the content throws invalid_argument.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "genro/storage/backend.h"
#include "genro/storage/bytes.h"
#include "genro/storage/task.h"
#include "loop/run.h"

namespace genro::storage {

class Files;

class EditBuffer {
 public:
  using MakeStaged = std::function<Task<std::unique_ptr<StagedFile>>()>;
  /// `files`: where a file may be made; null keeps everything in memory. `staged`: makes the file, called at most once; may
  /// be empty.
  EditBuffer(Files* files, MakeStaged staged) : files_(files), make_staged_(std::move(staged)) {}
  std::uint64_t size() const;
  /// Fewer bytes only at the end.
  Task<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> target);
  /// What lies between the end and `offset` becomes zeros.
  Task<void> write_at(std::uint64_t offset, Bytes data);
  Task<void> resize(std::uint64_t size);
  /// The file, into which others may write from now on, too. -1 when everything is kept in memory.
  Task<int> share();

  /// The end, once; the buffer is empty after it. The staged file, if one was begun: to be committed. Else everything as a body.
  std::unique_ptr<StagedFile> take_staged() {
    require_own();
    return std::move(staged_);
  }
  Body take();
  /// Another end: gives the file back.
  Task<void> drop();

 private:
  bool on_file() const noexcept { return descriptor_ >= 0; }
  void require_own() const;
  Task<void> make_room(std::uint64_t size);
  Task<void> spill();
  void reserve(std::uint64_t size);

  const unsigned generation_ = fork_generation();
  Files* files_;
  MakeStaged make_staged_;
  std::optional<BytesBuffer> memory_;
  std::shared_ptr<const int> spill_;
  std::unique_ptr<StagedFile> staged_;
  int descriptor_ = -1;  // of one of these two
  bool shared_ = false;  // then only the file knows its size
  std::uint64_t size_ = 0;
};

}  // namespace genro::storage

// Scratch: a content that is being changed anywhere: in memory while it is small, then in a file without a name.
// Used by files open for update. Its calls may wait for a disk; one at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "genro/storage/bytes.h"
#include "genro/storage/task.h"

namespace genro::storage {

class Files;

class Scratch {
 public:
  static constexpr std::uint64_t kMemoryMost = std::uint64_t{8} << 20;  ///< bytes

  /// `files`: where the file may be made; null keeps everything in memory.
  explicit Scratch(Files* files) : files_(files) {}
  std::uint64_t size() const noexcept { return size_; }
  /// Fewer bytes only at the end.
  Task<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> target);
  /// What lies between the end and `offset` becomes zeros.
  Task<void> write_at(std::uint64_t offset, Bytes data);
  Task<void> resize(std::uint64_t size);
  /// Everything, once: the scratch is empty after it.
  Body take();

 private:
  void reserve(std::uint64_t size);
  void spill();
  void write_file(std::uint64_t offset, std::span<const std::byte> data);
  bool must_spill(std::uint64_t size) const noexcept { return files_ && !descriptor_ && size > kMemoryMost; }

  Files* files_;
  std::optional<BytesBuffer> memory_;
  std::shared_ptr<const int> descriptor_;
  std::uint64_t size_ = 0;
};

}  // namespace genro::storage

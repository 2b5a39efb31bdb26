// PartsReading: a large object read as parts beside each other, all of one version. Part 0 is what the first reader already
// brings, the others are ranges of their own. Used by reader.cc (into memory) and saving.cc (into a file), which say where
// the bytes go. Drop it only when the task of run() is done.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "backend/content_check.h"
#include "backend/reader.h"

namespace genro::storage {

class PartsReading {
 public:
  /// `size` bytes of options.range, from its beginning on, which `first` begins to bring.
  PartsReading(Backend& backend, std::string path, ReadOptions options, ReadLimits limits,
               std::unique_ptr<Reader> first, std::uint64_t size);
  virtual ~PartsReading() = default;
  PartsReading(const PartsReading&) = delete;
  PartsReading& operator=(const PartsReading&) = delete;

  /// Throws truncated, protocol, precondition_failed when the object is another by now, corrupt.
  Task<void> run();

 protected:
  struct Part {
    std::size_t index;
    std::uint64_t offset;  ///< From the beginning of what is read.
    std::uint64_t size;
  };
  /// Reads exactly part.size bytes, and shows all of them to check() in order. Runs for several parts at a time.
  virtual Task<void> take(Reader& reader, Part part) = 0;
  void check(const Part& part, std::span<const std::byte> data) { check_.update(part.index, data); }

 private:
  Task<void> part(std::size_t index);

  Backend& backend_;
  std::string path_;
  ReadOptions options_;
  ReadLimits limits_;
  std::unique_ptr<Reader> first_;
  std::uint64_t begin_;
  std::uint64_t size_;
  Entry entry_;
  PartsCheck check_;
};

}  // namespace genro::storage

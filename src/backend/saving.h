// Saving a content in an open file: piece by piece, each written while it is still in the cache, so that a large object costs
// little memory and each byte is fetched from memory once. A large one on a network comes as parallel ranges, each written at
// its place. Used by readers (Reader::save), and by copies, whose files they are. The file's own size is the caller's business.
#pragma once

#include <memory>
#include <string>

#include "backend/reader.h"

namespace genro::storage {

class Files;

/// A file by its descriptor, which stays the caller's. Writes run on helper threads where the caller does not drive.
class OpenFileSink final : public FileSink {
 public:
  OpenFileSink(Files& files, int descriptor) noexcept : files_(files), descriptor_(descriptor) {}
  Task<void> write_at(std::uint64_t offset, std::span<const std::byte> data) override;

 private:
  Files& files_;
  int descriptor_;
};

/// Everything that the reader gives, from the file's beginning on. Gives the number of bytes.
Task<std::uint64_t> save_in_order(Reader& reader, FileSink& file);
/// The same of options.range, which is of known size and whose first part `first` brings, by ranges of their own.
Task<std::uint64_t> save_parallel(Backend& backend, std::string path, ReadOptions options, ReadLimits limits,
                                  std::unique_ptr<Reader> first, FileSink& file);

}  // namespace genro::storage

// Reading contents from any backend: whole, into the caller's memory, as several ranges, or as a stream of bounded memory.
// Large objects on networks are read as parallel ranges, all of the same version (If-Match). Used by node.
// Mid-body failures are not handled here: a mount on a network has a retry layer, whose readers resume.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "genro/storage/backend.h"

namespace genro::storage {

/// When and how an object is read in parallel. The first request is a plain one: it learns size and etag without a HEAD, and
/// small objects need no second.
struct ReadLimits {
  std::uint64_t whole_max = std::uint64_t{16} << 20;  ///< Bytes; larger objects are split.
  std::uint64_t part_size = std::uint64_t{8} << 20;
  std::size_t in_flight = 6;
  std::uint64_t stream_part_size = std::uint64_t{4} << 20;  ///< Of a stream, which has in_flight + 1 parts in memory.
};

/// All of options.range in one run. The backend must live until the task is done, here and below.
Task<Bytes> read_bytes(Backend& backend, std::string path, ReadOptions options = {}, ReadLimits limits = {});
/// The same with the reader that backend.read(path, options) gave.
Task<Bytes> read_rest(Backend& backend, std::string path, ReadOptions options, std::unique_ptr<Reader> reader,
                      ReadLimits limits = {});

/// Fills `target` from `offset` on; gives fewer bytes than target.size() only at the end of the file, 0 beyond it.
Task<std::size_t> read_into(Backend& backend, std::string path, std::span<std::byte> target, std::uint64_t offset = 0,
                            ReadOptions options = {}, ReadLimits limits = {});

/// Several ranges, near ones in one request, all of one version of the object; results in the order asked, cut at the end of
/// the file. A range that begins beyond the end is out_of_range.
Task<std::vector<Bytes>> read_ranges(Backend& backend, std::string path, std::vector<ByteRange> ranges,
                                     ReadOptions options = {}, ReadLimits limits = {});

/// A stream, front to back, that fetches ahead in parallel where that pays: at most in_flight + 1 parts are in memory.
Task<std::unique_ptr<Reader>> open_reader(std::shared_ptr<Backend> backend, std::string path, ReadOptions options = {},
                                          ReadLimits limits = {});

/// Reads until `target` is full or the reader ends; gives the number of bytes. Reading on to the end lets the backend check
/// its checksum.
Task<std::size_t> fill(Reader& reader, std::span<std::byte> target);
/// Fills all of `target`; throws truncated when the reader ends before. read_to_end also sees the end, which is where a
/// checksum is checked.
Task<void> read_exactly(Reader& reader, std::span<std::byte> target);
Task<void> read_to_end(Reader& reader, std::span<std::byte> target);

/// Throws truncated or protocol unless `got` bytes, after which the reader ended, are all that was announced.
void require_all(const Reader& reader, std::uint64_t got);
/// Throws protocol when more comes. Sees the end, which is where a checksum is checked.
Task<void> require_end(Reader& reader);

/// Opens options.range of the very content that `first` describes; throws precondition_failed when it is there no more.
Task<std::unique_ptr<Reader>> open_part(Backend& backend, std::string path, ReadOptions options, Entry first);
/// Throws precondition_failed when `again` does not continue what `first` began, or begins elsewhere than at `begin`.
void require_same(const Entry& first, const Reader& again, std::uint64_t begin);

}  // namespace genro::storage

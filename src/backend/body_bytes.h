// Bodies in memory: a file body is read by helper threads, where Body::flatten() would make a reactor wait for the disk, and
// long contents are copied in steps. Used by whoever has to look at what is sent (checksums, signatures, comparisons), or
// keeps it in one run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "genro/storage/bytes.h"
#include "genro/storage/task.h"

namespace genro::storage {

/// All of the body: its single piece itself, or a copy. Throws truncated when the file has become shorter.
Task<Bytes> bytes_of(Body body);

/// A copy of memory that stays as it is until the task is done.
Task<Bytes> copied(std::span<const std::byte> data);

/// Reads from `offset` within the span; gives at least one byte, at most buffer.size(). Throws truncated when the file has
/// become shorter. Both must live until the task is done.
Task<std::size_t> read_chunk(const FileSpan& file, std::uint64_t offset, std::span<std::byte> buffer);

}  // namespace genro::storage

// One file from one place to another, of any two mounts: inside one store where that is possible, else as a span of a file,
// in one piece, or streamed. Used by copies and moves of files and of trees.
// The caller has passed the guards and knows that the target is no folder (guard.h).
#pragma once

#include <cstdint>

#include "backend/bulk_transfer.h"
#include "genro/storage/backend.h"
#include "node/location.h"

namespace genro::storage {

/// The target's store when it can take files from the source's by itself, as they are stored, else null.
BulkTransfer* bulk_between(const Mount& source, const Mount& target);

struct CopyOfFile {
  Entry entry;              ///< the target's
  std::uint64_t taken = 0;  ///< Bytes of the source that it was made from; the target has more where it encrypts.
};
/// Copies one file as it is stored, its MD5 checked against the source's where both sides have one; plaintext that comes to a
/// mount that encrypts is encrypted. Errors carry the address of the side that failed.
Task<CopyOfFile> copy_file(Location from, Location to);

/// Before the source of a move goes: looks for what a store has copied by itself, whose word is all there is for it. Throws
/// corrupt when it is not there, or is not what the store said that it made; one request. Other copies need none.
Task<void> require_arrived(Location from, Location to, Entry made);

}  // namespace genro::storage

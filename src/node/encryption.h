// Encryption on the way of whole contents: which writes seal, sealing, and giving plaintext back.
// Used by reads and writes of nodes. Small contents are worked on at once, large ones off the event loop.
// Streams (Node::open), copies, sizes and hashes are of what is stored: do not use this there.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "genro/storage/backend.h"
#include "genro/storage/encryption.h"
#include "node/key_ring.h"
#include "node/mount.h"

namespace genro::storage {

/// Whether a write to this mount stores an envelope: the call's word, or else the mount's.
bool seals(const Mount& mount, const std::optional<Encrypted>& wanted) noexcept;

/// What such a write encrypts with.
struct Sealing {
  KeySetPointer keys;  ///< Those installed when the write began; never null.
  std::string domain;  ///< Not checked.
};
/// Nothing where it does not.
std::optional<Sealing> sealing_of(const Mount& mount, const std::optional<Encrypted>& wanted);
/// Throws config for an impossible domain, missing_key.
void require_keys(const Mount& mount, const std::optional<Sealing>& sealing, std::string_view operation,
                  std::string_view path);

/// Throws config for an impossible domain, missing_key.
Task<Bytes> seal_content(MountPointer mount, Sealing sealing, Bytes plain);
/// The plaintext of an envelope; other content as it is. Throws missing_key, undecryptable.
Task<Bytes> reveal(MountPointer mount, Bytes stored);
/// Everything that is stored there, in one run. Errors are the backend's.
Task<Bytes> read_stored(MountPointer mount, std::string path, ReadOptions options);

/// A stream of the plaintext. Only content that is an envelope is read whole for it, and only where options.version is
/// empty: snapshots are read as they are stored.
Task<std::unique_ptr<Reader>> open_plaintext(MountPointer mount, std::string path, ReadOptions options);

}  // namespace genro::storage

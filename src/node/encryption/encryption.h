// Encrypting and decrypting whole contents: which writes encrypt, and with which keys.
// Used by reads, writes, open files, local paths and copies of nodes. Small contents are worked on at once, large ones off the
// event loop; all of them whole, in memory. Sizes and hashes are of what is stored: do not use this there.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "genro/storage/backend.h"
#include "genro/storage/encryption.h"
#include "node/encryption/key_ring.h"
#include "node/mount.h"

namespace genro::storage {

/// Whether a write to this mount stores an envelope: the call's word, or else the mount's.
bool encrypts(const Mount& mount, const std::optional<Encrypted>& wanted) noexcept;

/// What such a write encrypts with.
struct EncryptionPlan {
  KeySetPointer keys;  ///< Those installed when the write began; never null.
  std::string domain;  ///< Not checked.
};
/// Nothing where it does not.
std::optional<EncryptionPlan> plan_for(const Mount& mount, const std::optional<Encrypted>& wanted);
/// Whether anything can be encrypted here: the mount says so, or there are keys. Costs nothing.
bool may_encrypt(const Mount& mount) noexcept;
/// The domain under which a file is encrypted; nothing when it is not, or not there.
Task<std::optional<std::string>> domain_of(MountPointer mount, std::string path);
/// For a write that keeps a part of what is there: as the mount says, else as the file is encrypted itself. Where nothing may be
/// encrypted the file is not looked at.
Task<std::optional<EncryptionPlan>> plan_for_change(MountPointer mount, std::string path);
/// Under a domain of its own, with the keys installed now.
EncryptionPlan plan_under(const Mount& mount, std::string domain);
/// Throws config for an impossible domain, missing_key.
void require_keys(const Mount& mount, const std::optional<EncryptionPlan>& encryption, std::string_view operation,
                  std::string_view path);

/// An envelope; the plaintext of one, or other content as it is. Large contents are worked on by a helper thread, and stopping
/// ends that soon. Throw config, missing_key; missing_key, undecryptable.
Task<Bytes> encrypt_with(EncryptionPlan encryption, std::uint64_t unix_seconds, Bytes plain);
Task<Bytes> open_with(KeySetPointer keys, Bytes stored);
/// The same with the clock and the keys of a mount.
Task<Bytes> encrypt_content(MountPointer mount, EncryptionPlan encryption, Bytes plain);
Task<Bytes> decrypt_content(MountPointer mount, Bytes stored);
/// Everything that is stored there, in one run. Errors are the backend's.
Task<Bytes> read_stored(MountPointer mount, std::string path, ReadOptions options);

/// A stream and the domain under which it is encrypted; nothing when it is not.
struct PeekedReader {
  std::unique_ptr<Reader> reader;
  std::optional<std::string> domain;
};
/// Looks at the beginning of what the reader gives; the new reader gives it all the same, as it is stored.
Task<PeekedReader> peeked(std::unique_ptr<Reader> reader);
/// A stream of the plaintext. Only content that is an envelope is read whole for it, and only where options.version is empty:
/// snapshots are read as they are stored.
Task<std::unique_ptr<Reader>> open_plaintext(MountPointer mount, std::string path, ReadOptions options);
/// The same with how it is stored, for files that are opened. Where nothing may be encrypted they are not looked at.
Task<PeekedReader> open_peeked(MountPointer mount, std::string path, ReadOptions options);
/// A stream of what is in memory, which was made from the file that the entry describes.
std::unique_ptr<Reader> plaintext_reader(Entry entry, Bytes plain);

}  // namespace genro::storage

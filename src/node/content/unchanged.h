// The test behind skip_if_unchanged: whether a write would store what is there already. Used by write.cc.
// A stored content that is missing or cannot be decrypted counts as changed; every other failure is thrown.
#pragma once

#include <optional>
#include <string>

#include "genro/storage/bytes.h"
#include "genro/storage/task.h"
#include "node/encryption/encryption.h"
#include "node/mount.h"

namespace genro::storage {

/// Whether the file holds this content; with `encryption`, in an envelope of its domain. Costs one look where the sizes differ.
Task<bool> is_unchanged(MountPointer mount, std::string path, Bytes content, std::optional<EncryptionPlan> encryption);

}  // namespace genro::storage

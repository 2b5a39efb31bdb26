// The skip test of a write: whether what it would store is there already. Used by write.cc.
// Never an excuse for anything else: what cannot be read is to be replaced, and every other failure is told.
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

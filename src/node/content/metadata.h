// Replacing a file's user metadata, with the order of its refusals. Used by Node and by the Python binding, which may find
// out before that what it was given is no metadata at all.
#pragma once

#include <string>

#include "genro/storage/entry.h"
#include "genro/storage/error.h"
#include "genro/storage/task.h"
#include "node/mount.h"

namespace genro::storage {

/// `complaint`, when not empty, is why `metadata` is none: it is thrown as invalid_argument in its turn. The order:
/// snapshot, permission; on files of the file system and contents that are paths: unsupported; missing; complaint;
/// unsupported.
Task<void> replace_metadata(MountPointer mount, std::string path, Metadata metadata, std::string complaint = {});

/// Why these names and values cannot be stored, or "".
std::string metadata_complaint(const Metadata& metadata);

}  // namespace genro::storage

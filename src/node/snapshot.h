// Snapshots: a mount as it looks through one version of its files. Every question and every read on it is about that
// version, whoever asks, and everything that would change something is refused.
// Used by Node: a node with a version has such a mount. Never hand its backend a version: the snapshot names it.
#pragma once

#include <memory>
#include <string>

#include "genro/storage/version.h"
#include "node/mount.h"

namespace genro::storage {

/// What makes a mount a snapshot.
struct Snapshot {
  MountPointer live;  ///< The mount itself.
  VersionSelector selector;
  std::string label;  ///< selector.to_string(), never ""
};

/// `mount` for the selector of the current content. A snapshot of a snapshot is one of the mount itself.
MountPointer at_version(MountPointer mount, VersionSelector selector);

/// A snapshot whose version is named by its id, so that several calls see the same one; any other mount as it is.
/// Throws unsupported, out_of_range, not_found.
Task<MountPointer> pinned(MountPointer mount, std::string path);

/// The mount behind a snapshot; any other mount as it is.
const MountPointer& live_mount(const MountPointer& mount) noexcept;

/// The refusal of whatever would change a snapshot.
Error snapshot_refusal(std::string_view operation, const Mount& mount, std::string_view path);

}  // namespace genro::storage

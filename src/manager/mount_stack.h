// A mount seen from outside in: the level or the folder that stands in front, and the mount below it.
// For those who show or rebuild how mounts are stacked; operations never look at this.
#pragma once

#include <optional>
#include <string>

#include "node/mount.h"

namespace genro::storage {

struct OuterLayer {
  std::optional<Permission> permission;
  std::optional<std::string> folder;
  MountPointer below;  ///< Has the name of the mount above it.
};

/// Nothing when the mount is the backend itself, with at most its retries in front.
std::optional<OuterLayer> outer_layer(const Mount& mount);

}  // namespace genro::storage

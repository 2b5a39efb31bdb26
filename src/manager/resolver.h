// How a mount that stands on another one names it: by an address, "mount:path", that is looked up among the mounts configured
// before it. Used by mount_builder.cc, for parts of mounts and for backends that keep their content on a mount (archives).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "backend/mount_context.h"
#include "node/mount.h"

namespace genro::storage {

/// "'home', 'cache'", for messages; "none" when there is none.
std::string names_in(const MountTable& table);

/// MountContext::resolve for the mount called `name`. What it finds is added to `stands_on`. Both references must outlive it.
ResolveAddress resolver(std::string name, const MountTable& earlier, std::vector<MountPointer>& stands_on);

}  // namespace genro::storage

// Whether a file and what is at its target have the same content, for Skip::hash: by the MD5s that the stores keep where
// they keep true ones, else by the contents themselves. Used by copies. Never takes an opaque ETag for an MD5.
#pragma once

#include <string>

#include "node/transfer/transfer.h"

namespace genro::storage {

/// The reason to skip, "same content (MD5: 0123abcd...)", or "" when they differ. Throws when one of them cannot be read.
/// `explain`: the reason is read by somebody; without it no digest is made of contents that are compared anyway.
Task<std::string> skipped_by_content(Location from, Entry source, Location to, Entry target, bool explain);

}  // namespace genro::storage

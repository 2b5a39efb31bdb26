// The history of a file, and which of its versions is meant: pure functions over what a backend lists.
// Used by snapshots and by Node's version methods. A history is oldest first and keeps delete markers: without them one
// cannot tell what was there at a moment, nor which versions are neighbours.
#pragma once

#include <string>
#include <vector>

#include "genro/storage/backend.h"
#include "genro/storage/version.h"

namespace genro::storage {

/// `newest_first` as Backend::versions() gives it. The server's order stays: times may tie, and for uploads in parts they
/// are those of the beginning.
std::vector<Version> history_of(std::vector<Version> newest_first);

/// The versions with content.
std::vector<Version> contents_of(std::vector<Version> history);

/// The version that is meant. Throws out_of_range for an index without version, not_found when at the moment nothing was
/// there. Not for the selector of the current content, nor for ids, which name a version by themselves.
Version find_version(const std::vector<Version>& history, const VersionSelector& selector);

/// Where the history has versions that only repeat the content of the one before them, as positions in it. Some servers list
/// delete markers apart from versions: a version before which the file may have been deleted is left out, since without it
/// the file would be gone. So is the current one when it is called "null": others may replace it under the same id.
std::vector<std::size_t> repeated_versions(const std::vector<Version>& history);

}  // namespace genro::storage

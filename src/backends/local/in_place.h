// Writing into a file that cannot be replaced: a mount point (EBUSY), somebody else's in a folder that is not ours, one in a
// folder that cannot be written to. Used by AtomicWrite where nothing better is left. May block.
// The promise is weaker: readers can see a mixture while it lasts, and a killed process leaves one. A full disk does not: what
// needs space is written first, behind the old end, and taken back when it does not fit.
#pragma once

#include <string>

#include "backends/local/rooted_path.h"

namespace genro::storage::local {

/// Whether a refusal concerns the name or the folder of a file, so that the file itself may still take a new content.
bool leaves_the_file(int negative_errno) noexcept;
/// Opens the regular file for writing, if it is the one that `known` tells of; the old content stays. Invalid when it cannot.
Descriptor open_in_place(Files& files, int folder, const char* name, const struct stat& known) noexcept;
/// Gives the file `to` the first `size` bytes of `from` as its content.
void overwrite(Files& files, int from, std::uint64_t size, int to, const std::string& path);

}  // namespace genro::storage::local

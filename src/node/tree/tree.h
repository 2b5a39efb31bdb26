// Folders: making them, listing one, removing with all below. Used by Node and by transfers.
// Everything here is iterative: a tree may be deeper than any stack.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "genro/storage/backend.h"
#include "node/mount.h"

namespace genro::storage {

/// The paths of what is in the folder, sorted. For users: a file is invalid_argument, and errors carry the address.
Task<std::vector<std::string>> child_paths(MountPointer mount, std::string path);
/// All entries of one folder, in no order; an object store may have a file and a folder of one name. What is listed under a name
/// that no path can have goes to `unnamable`; where that is null it is invalid_path. Throws not_found, not_directory.
Task<std::vector<Entry>> list_folder(MountPointer mount, std::string path, std::vector<Entry>* unnamable = nullptr);
/// Throws invalid_path if there are any.
void require_namable(const std::vector<Entry>& unnamable);
/// Makes the folder and what is missing above it; no failure when it is there already. Nothing to do on stores without folders.
Task<void> ensure_folder(MountPointer mount, std::string path);
/// Removes files, as many at once as the store takes in one call; throws the first failure, as one of `operation`.
Task<void> remove_paths(MountPointer mount, std::vector<std::string> paths, std::string_view operation);
/// Removes a file, or a folder with all below; what is missing is fine. The root of a mount is emptied and stays.
Task<void> remove_tree(MountPointer mount, std::string path);

}  // namespace genro::storage

// Searches below a folder as paths: what Node::glob, find, walk, du and tree are made of. For faces that make nodes of their own.
// All throw what children() throws, and give paths in tree_order(). Iterative: a tree may be deeper than any stack.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "genro/storage/task.h"
#include "genro/storage/tree.h"
#include "node/mount.h"

namespace genro::storage {

/// Throws invalid_argument for a pattern that is empty, begins with '/', or climbs ("..").
Task<std::vector<std::string>> glob_paths(MountPointer mount, std::string path, std::string pattern);
/// The same pattern in every folder below, and here.
Task<std::vector<std::string>> rglob_paths(MountPointer mount, std::string path, std::string pattern);
Task<std::vector<std::string>> find_paths(MountPointer mount, std::string path, FindOptions options);

struct WalkedFolder {
  std::string path;
  std::vector<std::string> folders;
  std::vector<std::string> files;
};
/// Each folder before those in it; the folder itself is the first.
Task<std::vector<WalkedFolder>> walk_folders(MountPointer mount, std::string path);
Task<Usage> usage_below(MountPointer mount, std::string path);
Task<std::string> tree_text(MountPointer mount, std::string path, std::optional<unsigned> max_depth);

}  // namespace genro::storage

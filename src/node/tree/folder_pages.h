// FolderPages: the pages of a listing for users: errors are those of children(), with the address in them.
// Used by all searches below a folder (glob, find, walk, du, tree). Every page is bounded work; links to folders are given,
// never entered. tree_order() is the order in which searches give what they found.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backend/lister.h"
#include "genro/storage/entry.h"
#include "node/mount.h"

namespace genro::storage {

class FolderPages {
 public:
  /// `may_be_gone`: what is not there, or no folder by now, has nothing in it.
  FolderPages(MountPointer mount, std::string path, ListerOptions options = {}, bool may_be_gone = false);
  /// The next entries (never an empty vector), or nothing at the end. Throws not_found, invalid_argument for a file.
  Task<std::optional<std::vector<Entry>>> next();
  /// What was listed so far under names that no path can have.
  const std::vector<Entry>& unnamable() const noexcept { return lister_.unnamable(); }

 private:
  MountPointer mount_;
  std::string path_;
  bool may_be_gone_;
  Lister lister_;
};

/// Throws invalid_argument for mounts without folders, and for nodes without a mount.
void require_folders(const Mount& mount, std::string_view operation, std::string_view path);

/// Everything below the folder in tree_order(), from one recursive listing where the store has that. With `max_depth` folders
/// at that depth are not looked into: 1 = what is in the folder itself.
Task<std::vector<Entry>> entries_below(MountPointer mount, std::string path, std::optional<unsigned> max_depth);
/// The same to any depth, with paths, kinds and links only: what else there is to know can cost a request for each file.
Task<std::vector<Entry>> names_below(MountPointer mount, std::string path);

/// The paths in tree_order(), each once. Many are sorted by a helper thread.
Task<std::vector<std::string>> in_tree_order(std::vector<std::string> paths);

/// Whether `a` comes before `b`: each folder directly before what is in it, else by name.
bool tree_order(std::string_view a, std::string_view b) noexcept;

}  // namespace genro::storage

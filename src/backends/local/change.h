// Changes of a local mount that are one step of the file system each. Used by the local backend. May block.
// All throw typed errors with the path of the mount; none leaves a part of itself behind.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "backends/local/rooted_path.h"
#include "genro/storage/bytes.h"

namespace genro::storage::local {

std::optional<Entry> stat(Files& files, const RootedPath& place, const std::string& path);
/// Folders that lost a name, to be synced together. One of a durable mount's removals, or of many.
class FolderSyncs {
 public:
  explicit FolderSyncs(Files& files) : files_(files) {}
  /// `path`: of the folder in the mount.
  void add(std::string_view path, Descriptor folder);
  /// A folder that is gone itself needs none.
  void forget(std::string_view path);
  void sync();

 private:
  Files& files_;
  std::map<std::string, Descriptor, std::less<>> folders_;
};

/// A file, a link (not its target) or an empty folder. Absent is fine. `syncs`: null on mounts that are not durable.
void remove(Files& files, const RootedPath& place, const std::string& path, FolderSyncs* syncs);
/// A file or a folder; makes missing folders above `to`.
void rename(Files& files, const RootedPath& from_place, const std::string& from, const RootedPath& to_place,
            const std::string& to, bool durable);
/// The same from another mount's folder. False, and nothing done, between file systems and for a folder with links in it: from
/// where it goes to they could lead elsewhere.
bool take_over(Files& files, const RootedPath& from_place, const std::string& from, const RootedPath& to_place,
               const std::string& to, bool durable);
/// `mode`: the permission bits that the folder is to have in the end, 0 = the system's; its owner may fill it in any case.
void make_dir(Files& files, const RootedPath& place, const std::string& path, bool durable, mode_t mode = 0);
/// 0 when it is no folder.
mode_t folder_mode(Files& files, const RootedPath& place);
/// A folder's set-group-ID and set-user-ID stay as they are. What the file system does not keep, or does not let, is left.
void set_folder_mode(Files& files, const RootedPath& place, mode_t mode);
/// Folder to stable storage, where the file system knows such and lets it.
void sync_folder(Files& files, int folder, const char* operation, const std::string& path);
void sync_folders(Files& files, int root, const std::vector<std::string>& paths);

}  // namespace genro::storage::local

// Changes of a local mount that are one step of the file system each. Used by the local backend. May block.
// All throw typed errors with the path of the mount; none leaves a part of itself behind.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "backends/local_place.h"
#include "genro/storage/bytes.h"

namespace genro::storage::local {

std::optional<Entry> stat(Files& files, const Place& place, const std::string& path);
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
void remove(Files& files, const Place& place, const std::string& path, FolderSyncs* syncs);
/// A file or a folder; makes missing folders above `to`.
void rename(Files& files, const Place& from_place, const std::string& from, const Place& to_place,
            const std::string& to, bool durable);
/// The same from another mount's folder. False, and nothing done, between file systems and for a folder with links in it: from
/// where it goes to they could lead elsewhere.
bool take_over(Files& files, const Place& from_place, const std::string& from, const Place& to_place,
               const std::string& to, bool durable);
void make_dir(Files& files, const Place& place, const std::string& path, bool durable);
/// Folder to stable storage, where the file system knows such and lets it.
void sync_folder(Files& files, int folder, const char* operation, const std::string& path);
void sync_folders(Files& files, int root, const std::vector<std::string>& paths);
/// In place; on failure the file has its old length again.
void append(Files& files, const Place& place, const std::string& path, const Body& body, bool durable);

}  // namespace genro::storage::local

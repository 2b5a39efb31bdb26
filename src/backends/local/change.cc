#include "backends/local/change.h"

#include <fcntl.h>

#include <cerrno>
#include <memory>
#include <set>
#include <vector>

#include "backends/local/atomic_write.h"
#include "backends/local/list.h"
#include "backends/local/unfinished.h"
#include "core/path.h"

namespace genro::storage::local {
namespace {

/// Takes away what unfinished writes left in a folder, if there is nothing else. Gives whether the folder is empty then.
bool clear_unfinished(Files& files, int parent, const char* name) {
  const Descriptor folder(files, files.open_name(parent, name, O_RDONLY | O_DIRECTORY, 0));
  if (!folder) return false;
  constexpr std::size_t kSize = 16 << 10;
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(kSize);
  std::vector<std::string> unfinished;
  std::int64_t position = 0;
  for (;;) {
    const long size = files.read_folder(folder.number(), position, {buffer.get(), kSize});
    if (size < 0) return false;
    if (size == 0) break;
    for (long at = 0; at < size;) {
      const auto* record = reinterpret_cast<const FolderRecord*>(buffer.get() + at);
      const std::string_view entry = record->name;
      if (is_unfinished_name(entry)) {
        unfinished.emplace_back(entry);
      } else if (entry != "." && entry != "..") {
        return false;
      }
      position = record->next;
      at += record->length;
    }
  }
  for (const std::string& entry : unfinished) files.unlink(folder.number(), entry.c_str());
  return !unfinished.empty();
}

/// Whether all below is files and folders of the folder's own file system.
bool is_plain_tree(Files& files, int root, const std::string& top) {
  std::vector<std::string> folders{top};
  while (!folders.empty()) {
    const std::string folder = std::move(folders.back());
    folders.pop_back();
    for (const Entry& entry : list_names(files, {root, folder.c_str(), {}}, folder)) {
      if (entry.is_link || entry.kind == EntryKind::other) return false;
      if (entry.is_directory()) folders.push_back(path::join(folder, entry.path));
    }
  }
  return true;
}

Error is_root(const char* operation, const std::string& path) {
  // The folder that a function chose for a path can still be copied and emptied.
  const ErrorCode code = path.empty() ? ErrorCode::invalid_argument : ErrorCode::unsupported;
  return Error(code, operation, path, "the root of a mount cannot be renamed or replaced");
}

}  // namespace

void sync_folder(Files& files, int folder, const char* operation, const std::string& path) {
  const int error = files.sync(folder);
  if (error < 0 && error != -EINVAL && error != -EBADF && error != -EOPNOTSUPP) throw failure(error, operation, path);
}

std::optional<Entry> stat(Files& files, const RootedPath& place, const std::string& path) {
  check_path("stat", path);
  struct stat status{};
  const std::string below = place.below;
  const bool direct = !below.empty() && below != ".." && below != "." && below.find('/') == std::string::npos;
  if (direct) {  // one name in the root: nothing to open
    const int error = files.stat_name(place.root, below.c_str(), status);
    if (means_absent(error)) return std::nullopt;
    if (error < 0) throw failure(error, "stat", path);
  }
  if (!direct || S_ISLNK(status.st_mode)) {
    const bool is_link = direct;
    const int opened = files.open_beneath(place.root, below.c_str(), kOpenPath | (is_link ? 0 : O_NOFOLLOW), 0, false);
    if (means_absent(opened)) return std::nullopt;
    if (opened < 0) throw failure(opened, "stat", path);
    Descriptor file(files, opened);
    if (const int error = files.stat(opened, status)) throw failure(error, "stat", path);
    if (S_ISLNK(status.st_mode)) {
      const int target = files.open_beneath(place.root, below.c_str(), kOpenPath, 0, false);
      if (means_absent(target)) return std::nullopt;
      if (target < 0) throw failure(target, "stat", path);
      file = Descriptor(files, target);
      if (const int error = files.stat(target, status)) throw failure(error, "stat", path);
      Entry entry = entry_of(path, status);
      entry.is_link = true;
      return entry;
    }
    Entry entry = entry_of(path, status);
    entry.is_link = is_link;
    return entry;
  }
  return entry_of(path, status);
}

void FolderSyncs::add(std::string_view path, Descriptor folder) {
  constexpr std::size_t kMostOpen = 32;
  if (folders_.size() == kMostOpen && !folders_.contains(path)) sync();
  folders_.try_emplace(std::string(path), std::move(folder));
}

void FolderSyncs::forget(std::string_view path) {
  const auto found = folders_.find(path);
  if (found != folders_.end()) folders_.erase(found);
}

void FolderSyncs::sync() {
  for (const auto& [path, folder] : folders_) sync_folder(files_, folder.number(), "remove", path);
  folders_.clear();
}

void remove(Files& files, const RootedPath& place, const std::string& path, FolderSyncs* syncs) {
  ParentFolder parent;
  try {
    parent = open_parent(files, place, "remove", path, false, syncs != nullptr);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::not_found || error.code() == ErrorCode::not_directory) return;
    throw;
  }
  const char* name = parent.name.c_str();
  if (parent.name.empty() && !path.empty()) {  // the folder that a function chose for this path
    clear_unfinished(files, place.root, ".");
    const int error = files.remove_folder(AT_FDCWD, place.folder.c_str());
    if (error < 0 && !means_absent(error)) throw failure(error == -EEXIST ? -ENOTEMPTY : error, "remove", path);
    return;
  }
  if (parent.name.empty()) {  // the root itself stays
    if (!clear_unfinished(files, place.root, ".")) {
      const Descriptor folder(files, files.open_beneath(place.root, "", O_RDONLY | O_DIRECTORY, 0, false));
      if (!folder) throw failure(folder.number(), "remove", path);
    }
    return;
  }
  bool folder = false;
  int error = files.unlink(parent.folder.number(), name);
  if (error == -EISDIR || error == -EPERM) {
    const int refused = error;
    error = files.remove_folder(parent.folder.number(), name);
    if (error == -ENOTDIR) error = refused;  // a file that may not be removed
    if ((error == -ENOTEMPTY || error == -EEXIST) && clear_unfinished(files, parent.folder.number(), name)) {
      error = files.remove_folder(parent.folder.number(), name);
    }
    if (error == -EEXIST) error = -ENOTEMPTY;
    folder = error == 0;
  }
  if (error < 0 && !means_absent(error)) throw failure(error, "remove", path);
  if (!syncs || error < 0) return;
  if (folder) syncs->forget(path);
  syncs->add(path::parent(path), std::move(parent.folder));
}

namespace {

bool is_one(const struct stat& a, const struct stat& b) noexcept {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

bool are_one_folder(Files& files, int a, int b) {
  struct stat first{};
  struct stat second{};
  return files.stat(a, first) >= 0 && files.stat(b, second) >= 0 && is_one(first, second);
}

/// Whether what is moved is the folder `root`/`path`, or one above it: by what the folders are, not by how they are spelled.
bool holds(Files& files, const struct stat& moved, int root, std::string path) {
  for (; !path.empty(); path = path::parent(path)) {
    const Descriptor folder(files, files.open_beneath(root, path.c_str(), kOpenPath | O_DIRECTORY, 0, false));
    struct stat status{};
    if (folder && files.stat(folder.number(), status) >= 0 && is_one(status, moved)) return true;
  }
  return false;
}

/// Whether the folder has a name with exactly this spelling. Where it cannot be known, no.
bool is_spelled(Files& files, int folder, std::string_view name) {
  const Descriptor own(files, files.open_name(folder, ".", O_RDONLY | O_DIRECTORY, 0));
  constexpr std::size_t kSize = 16 << 10;
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(kSize);
  for (std::int64_t position = 0; own;) {
    const long size = files.read_folder(own.number(), position, {buffer.get(), kSize});
    if (size <= 0) break;
    for (long at = 0; at < size;) {
      const auto* record = reinterpret_cast<const FolderRecord*>(buffer.get() + at);
      if (record->name == name) return true;
      position = record->next;
      at += record->length;
    }
  }
  return false;
}

}  // namespace

void rename(Files& files, const RootedPath& from_place, const std::string& from, const RootedPath& to_place,
            const std::string& to, bool durable) {
  const ParentFolder source = open_parent(files, from_place, "rename", from, false, durable);
  if (source.name.empty()) throw is_root("rename", from);
  struct stat moved{};
  if (const int error = files.stat_name(source.folder.number(), source.name.c_str(), moved))
    throw failure(error, "rename", from);
  // Refused before a folder above `to` is made, which would be inside of what is to move.
  refuse_unfinished_name("rename", to);
  const std::string above(path::parent(to_place.below));
  if (S_ISDIR(moved.st_mode) && holds(files, moved, to_place.root, above)) {
    throw Error(ErrorCode::invalid_argument, "rename", from, "a directory cannot be moved into itself");
  }
  const ParentFolder target = open_parent(files, to_place, "rename", to, true, durable);
  if (target.name.empty()) throw is_root("rename", to);

  const std::lock_guard lock(name_lock(target.name));
  struct stat there{};
  const int absent = files.stat_name(target.folder.number(), target.name.c_str(), there);
  if (absent < 0 && absent != -ENOENT) throw failure(absent, "rename", to);
  if (absent == 0 && S_ISDIR(there.st_mode) && !S_ISDIR(moved.st_mode)) throw failure(-EISDIR, "rename", to);
  const bool same = absent == 0 && is_one(there, moved);
  const int error =
      files.rename(source.folder.number(), source.name.c_str(), target.folder.number(), target.name.c_str(), true);
  if (error == -EXDEV || error == -EBUSY) {
    throw Error(ErrorCode::unsupported, "rename", to, "cannot rename across file systems or onto a mount point");
  }
  if (error < 0) throw failure(error == -EEXIST ? -ENOTEMPTY : error, "rename", error == -ENOENT ? from : to);
  // Two names of one file: the system leaves both, and calls that success. What a file system takes for one name has only
  // one of both spellings in its folder, and is no second name.
  if (same && !S_ISDIR(moved.st_mode) &&
      (source.name != target.name || !are_one_folder(files, source.folder.number(), target.folder.number())) &&
      is_spelled(files, source.folder.number(), source.name) &&
      is_spelled(files, target.folder.number(), target.name)) {
    files.unlink(source.folder.number(), source.name.c_str());
  }
  if (!durable) return;
  sync_folder(files, target.folder.number(), "rename", to);
  sync_folder(files, source.folder.number(), "rename", from);
}

bool take_over(Files& files, const RootedPath& from_place, const std::string& from, const RootedPath& to_place,
               const std::string& to, bool durable) {
  const ParentFolder source = open_parent(files, from_place, "rename", from, false, false);
  struct stat moved{};
  if (source.name.empty() || files.stat_name(source.folder.number(), source.name.c_str(), moved) < 0) return false;
  struct stat root{};
  if (files.stat(to_place.root, root) < 0 || root.st_dev != moved.st_dev) return false;
  if (!S_ISREG(moved.st_mode) && !(S_ISDIR(moved.st_mode) && is_plain_tree(files, from_place.root, from))) return false;
  try {
    rename(files, from_place, from, to_place, to, durable);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unsupported) throw;  // a file system mounted inside of the other
    return false;
  }
  return true;
}

void make_dir(Files& files, const RootedPath& place, const std::string& path, bool durable, mode_t mode) {
  refuse_unfinished_name("mkdir", path);
  const ParentFolder parent = open_parent(files, place, "mkdir", path, false, durable);
  if (parent.name.empty() && place.made) return;
  if (parent.name.empty()) throw failure(-EEXIST, "mkdir", path);
  const mode_t asked = mode != 0 ? (mode & 0777) | S_IRWXU : 0777;
  if (const int error = files.make_folder(parent.folder.number(), parent.name.c_str(), asked))
    throw failure(error, "mkdir", path);
  if (mode != 0) {
    // The process's mask or the folder's ACL may have taken bits away.
    struct stat made{};
    const mode_t bits = (mode & 01777) | S_IRWXU;
    if (files.stat_name(parent.folder.number(), parent.name.c_str(), made) == 0 && (made.st_mode & 01777) != bits) {
      set_folder_mode(files, place, bits);
    }
  }
  if (durable) sync_folder(files, parent.folder.number(), "mkdir", path);
}

mode_t folder_mode(Files& files, const RootedPath& place) {
  const Descriptor folder(files, files.open_beneath(place.root, place.below, kOpenPath | O_DIRECTORY, 0, false));
  struct stat status{};
  return folder && files.stat(folder.number(), status) == 0 ? status.st_mode & 07777 : 0;
}

void set_folder_mode(Files& files, const RootedPath& place, mode_t mode) {
  const Descriptor folder(files, files.open_beneath(place.root, place.below, O_RDONLY | O_DIRECTORY, 0, false));
  struct stat status{};
  if (!folder || files.stat(folder.number(), status) < 0) return;
  const mode_t wanted = (mode & 01777) | (status.st_mode & (S_ISUID | S_ISGID));
  if ((status.st_mode & 07777) != wanted) files.set_mode(folder.number(), wanted);
}

void sync_folders(Files& files, int root, const std::vector<std::string>& paths) {
  constexpr std::size_t kTogether = 4;  // folders that are worth syncing their whole file system once
  std::set<dev_t> synced;
  for (const std::string& path : paths) {
    const Descriptor folder(files, files.open_beneath(root, path.c_str(), O_RDONLY | O_DIRECTORY, 0, false));
    struct stat status{};
    if (!folder || files.stat(folder.number(), status) < 0) continue;  // one that may not be read cannot be synced
    if (synced.contains(status.st_dev)) continue;
    const int error = paths.size() < kTogether ? -EOPNOTSUPP : files.sync_system(folder.number());
    if (error == 0) synced.insert(status.st_dev);
    if (error == -EOPNOTSUPP) sync_folder(files, folder.number(), "mkdir", path);
    if (error < 0 && error != -EOPNOTSUPP) throw failure(error, "mkdir", path);
  }
}

}  // namespace genro::storage::local

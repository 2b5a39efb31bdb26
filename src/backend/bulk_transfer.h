// BulkTransfer: operations on many files at once between two local backends. Used by copies and moves of trees; what it
// skips goes through Backend. Calls block and are thread-safe. Paths are those of the base backends; the caller has
// passed the guards, and retries nothing.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "genro/storage/backend.h"
#include "loop/thread_share.h"

namespace genro::storage {

class BulkTransfer {
 public:
  /// Files of one folder to be copied into another one, which exists.
  struct Folder {
    std::string from;
    std::string to;
    std::vector<std::string> names;
  };
  /// A name that was not copied: Folder by number, name by number.
  struct Left {
    std::size_t folder;
    std::size_t name;
  };
  static constexpr std::uint64_t kSmall = 1 << 20;  ///< Larger files are left: copying them must be stoppable.

  virtual ~BulkTransfer() = default;
  /// Its share of the helper threads, for the calls below that concern no other store.
  virtual ThreadShare& threads() noexcept = 0;
  /// Whether `other` is such a store that this one can take files from.
  virtual bool takes_from(const Backend& other) const noexcept = 0;
  /// The entries of a folder, their paths being only their names, with no more than tells files, folders and links apart:
  /// time, size and mode are missing but for links. Throws as Backend::list.
  virtual std::vector<Entry> list_names(const std::string& path) = 0;
  /// Whether the folder takes names for one that differ in capitals, or in their Unicode form, only. True when in doubt.
  virtual bool folds_names(const std::string& path) = 0;
  /// What Backend::list with names_only gives of all pages, as paths; nothing when there are more than `most`.
  virtual std::optional<std::vector<std::string>> paths_in(const std::string& path, std::size_t most) = 0;
  /// As Backend::make_dir, but that nothing is on stable storage before sync_folders() of its parent. `mode`: the permission
  /// bits that it is to have in the end (0 = the system's); until set_folder_mode() its owner may do everything.
  virtual void make_folder(const std::string& path, std::uint32_t mode) = 0;
  /// The permission bits of a folder of this store; 0 when it has none, or is none.
  virtual std::uint32_t folder_mode(const std::string& path) = 0;
  /// Gives a folder these permission bits, where the file system keeps such and lets it.
  virtual void set_folder_mode(const std::string& path, std::uint32_t mode) = 0;
  virtual void sync_folders(
      const std::vector<std::string>& paths) = 0;  ///< Nothing to do on a mount that is not durable.
  /// Copies small plain files of `other`; each appears whole, with its time and permission bits, and the durable way where
  /// the mount is. Gives what it left: links, large files, whatever is in the way or failed. Throws when syncing fails.
  virtual std::vector<Left> copy_files(Backend& other, const std::vector<Folder>& folders,
                                       const std::atomic<bool>& stop) = 0;
  /// Takes over a file or a folder of `other` in one step, replacing a file. False: it cannot, and did nothing.
  virtual bool rename_from(Backend& other, const std::string& from, const std::string& to) = 0;
};

}  // namespace genro::storage

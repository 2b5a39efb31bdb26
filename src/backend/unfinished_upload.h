// Temporary files on a server: contents are uploaded under such a name and then moved to their place. Those whose writer died
// are removed by age, since nothing like the lock of a local file says whether the writer is alive.
// Used by backends of file servers (webdav).
//  - A name is ".genro-storage-<32 marked digits>.tmp". Listings leave it out, and users are refused it.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/mutex.h"
#include "genro/storage/entry.h"
#include "genro/storage/task.h"

namespace genro::storage {

std::string unfinished_upload_name(Random& random);
bool is_unfinished_upload(std::string_view name) noexcept;
/// Throws invalid_path when a component of the path is such a name.
void refuse_unfinished_upload(std::string_view operation, std::string_view path);

/// Seconds without a change after which such a file counts as abandoned.
inline constexpr double kAbandonedAfter = 86400;
/// Whether the entry's last change is known, and that old by the server's clock.
bool is_as_old_as(const Entry& entry, double seconds, std::int64_t now_ns) noexcept;

/// Names of such files that this mount has given up but that a server may still store late. They count as abandoned at once.
/// Thread-safe.
class GivenUpUploads {
 public:
  void add(const std::string& name);
  void forget(const std::string& name);  ///< Once it is gone for good.
  bool has(std::string_view name) const;

 private:
  mutable Mutex mutex_;
  std::set<std::string, std::less<>> names_;
};

/// A tree of folders on a server, as the walk below needs it.
class UploadFolders {
 public:
  /// What is right below a folder, with what listings leave out; nothing where there is no such folder.
  virtual Task<std::vector<Entry>> members_of_folder(std::string folder) = 0;
  /// Absent: success.
  virtual Task<void> remove_upload(std::string path) = 0;

 protected:
  ~UploadFolders() = default;
};

/// As Backend::clean: removes what has such a name, is a file and is `older_than` seconds old by `now_ns`, folder by folder.
/// Throws protocol where folders lie in each other without end.
Task<void> clean_unfinished_uploads(UploadFolders& tree, std::string folder, double older_than, std::int64_t now_ns,
                                    std::vector<std::string>* removed);

}  // namespace genro::storage

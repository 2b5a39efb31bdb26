// Many files from one local folder into another in few system calls: the local backend's part of backend/bulk_transfer.h.
// A file is made without a name, filled, and named when it is whole. On a durable mount the files of a batch are synced
// together before any of them is named, and their folders after it. May block; any number at once.
#pragma once

#include <atomic>
#include <vector>

#include "backend/bulk_transfer.h"
#include "backends/local/rooted_path.h"

namespace genro::storage::local {

class BatchCopy {
 public:
  /// `source_root`, `target_root`: the folders of both mounts.
  BatchCopy(Env& env, int source_root, int target_root, bool durable)
      : env_(env), files_(*env.files), source_root_(source_root), target_root_(target_root), durable_(durable) {}
  std::vector<BulkTransfer::Left> run(const std::vector<BulkTransfer::Folder>& folders, const std::atomic<bool>& stop);

 private:
  /// A file that has its content and waits for the sync and its name.
  struct Waiting {
    Descriptor file;
    std::size_t folder;
    std::size_t name;
  };
  struct Pair {
    Descriptor source;
    Descriptor target;
    dev_t device = 0;  // of the target
    mode_t kept = 0;   // permission bits that new files here are known to get as asked
  };

  bool open_folders(const BulkTransfer::Folder& folder, Pair& pair) const;
  Descriptor copy_file(Pair& pair, const char* name) const;
  bool fill(Pair& pair, int from, const struct stat& status, int to) const;
  bool give_name(int file, int folder, const std::string& name) const;
  bool replace(int file, int folder, const std::string& name) const;
  void name_waiting(const std::vector<BulkTransfer::Folder>& folders);
  void sync_files(const std::vector<BulkTransfer::Folder>& folders);

  Env& env_;
  Files& files_;
  int source_root_;
  int target_root_;
  bool durable_;
  std::vector<Pair> open_;  // by the number of their folder; closed when nothing in them waits
  std::vector<Waiting> waiting_;
  std::vector<BulkTransfer::Left> left_;
};

}  // namespace genro::storage::local

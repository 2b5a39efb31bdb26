// TreePlan: what a copy of a tree is about: from where, to where, how, and who is told. Shared by the walk, the batches and
// the copy itself (tree_walk.h, tree_batch.h, tree_copy.h). Its functions only read, but for tell(), which is thread-safe.
#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <string>

#include "backend/bulk_transfer.h"
#include "core/mutex.h"
#include "genro/storage/node.h"
#include "node/transfer/copy_filter.h"
#include "node/transfer/spellings.h"
#include "node/transfer/transfer.h"

namespace genro::storage {

/// A file that the walk found.
struct WalkedFile {
  std::string relative;  ///< below the copied folder
  Entry source;
  std::optional<Entry> target;  ///< What is there already; known only to comparing walks.
  bool known = true;            ///< false: of both entries only kind and name.
  std::string left_out;         ///< The reason why this folder was not walked through; "" for all else.
  std::string no_copy;          ///< The reason why there can be no copy of it; "" = there can.
  std::string taken;            ///< A name of the same folder that the target takes for this folder's; "" = none.
  /// Where the target may take its name for another one of the folder, which is to be asked right before it is copied.
  std::shared_ptr<Spellings> spellings = nullptr;
};

/// One file on its way.
struct TreeJob {
  WalkedFile file;
  std::string skipped;  ///< the reason; "" = copied
};

class TreePlan {
 public:
  /// `track_copied`: the caller needs the list of copied files afterwards, so full entries are listed.
  TreePlan(std::shared_ptr<const ManagerState> source_manager, std::shared_ptr<const ManagerState> target_manager,
           Location source, Location target, CopyOptions options, bool track_copied);

  Node source_node(const std::string& relative) const;
  Node target_node(const std::string& relative) const;
  Location from(std::string_view relative) const;
  Location to(std::string_view relative) const;
  /// Tells the caller of the copy, on this thread, one call at a time.
  void report_error(const std::string& relative, std::exception_ptr error);

  const Location source;
  const Location target;
  const CopyOptions options;
  const CopyFilter filter;
  const bool track_copied;
  const bool ordered;        ///< A callback is called for each file, in the order of the walk.
  const bool both_local;     ///< Both sides without a network.
  BulkTransfer* const bulk;  ///< The target's, when it takes files from the source; else null.
  BulkTransfer* const source_bulk;
  BulkTransfer* const target_folders;  ///< The target's, from wherever the files come; null where names are keys.
  const KeyRule* const target_keys;    ///< The target's; null where it takes every name.
  const bool names_only_if_new;        ///< Names and kinds suffice for folders that the target does not have yet.
  const bool names_only;               ///< Names and kinds suffice everywhere, also where files are compared.

 private:
  std::shared_ptr<const ManagerState> source_manager_;
  std::shared_ptr<const ManagerState> target_manager_;
  LongMutex reporting_;
};

}  // namespace genro::storage

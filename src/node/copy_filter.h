// CopyFilter: which files a copy takes, and which it skips because of what is at the target, with the reasons that
// callbacks are told. Used by copies of files and trees. The globs are over the whole path below the copied folder.
#pragma once

#include <string>
#include <vector>

#include "genro/storage/node.h"
#include "node/glob.h"
#include "node/transfer.h"

namespace genro::storage {

class CopyFilter {
 public:
  explicit CopyFilter(const CopyOptions& options);
  /// The reason why the file is left out; "" = it is taken. Runs the caller's filter: not on a loop's thread.
  std::string excluded(const Node& node, const std::string& relative) const;
  /// The reason to skip a file that one look at both sides gives; "" = copy (or look further: hash, custom).
  std::string skipped(const Entry& source, const std::optional<Entry>& target) const;
  /// The same for Skip::custom. Runs the caller's function.
  std::string skipped_by_function(const Node& source, const Node& target) const;
  Skip skip() const noexcept { return skip_; }
  /// Whether the target's entries are needed at all.
  bool compares() const noexcept { return skip_ != Skip::never; }

 private:
  std::vector<Glob> include_;
  std::vector<Glob> exclude_;
  std::function<bool(const Node&, const std::string&)> filter_;
  Skip skip_;
  std::function<bool(const Node&, const Node&)> skip_fn_;
};

/// For Skip::hash: the reason when both have the same MD5. What cannot be compared is copied.
Task<std::string> skipped_by_hash(Place from, Entry source, Place to, Entry target);

}  // namespace genro::storage

// TreeWalk: goes through the folder to copy, depth first in order of names, and makes the same folders at the target.
// It lists each folder once, and the target's beside it where a comparison needs that: no file costs a call of its own.
// Used by TreeCopy. Iterative: depth costs memory, not stack. Memory: the entries of the folders on the current path.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "node/transfer.h"

namespace genro::storage {

struct WalkedFile {
  std::string relative;  ///< below the copied folder
  Entry source;
  std::optional<Entry> target;  ///< What is there already; known only to comparing walks.
};

class TreeWalk {
 public:
  /// `compares`: the target's entries are wanted. The target's folder must exist.
  TreeWalk(Place source, Place target, bool compares);
  /// The next files of one folder (dotfiles, links to files and special files included; at least one), or nothing at the end.
  Task<std::optional<std::vector<WalkedFile>>> next();
  /// The folders seen so far, each before those in it; the copied folder itself ("") is the first.
  const std::vector<std::string>& folders() const noexcept { return folders_; }

 private:
  /// Real paths of the folders that links led into, to recognise links that lead back.
  struct Chain {
    std::string real;
    std::shared_ptr<const Chain> above;
  };
  struct Level {
    std::vector<Entry> entries;
    std::vector<Entry> there;  // the target's
    std::size_t at = 0;
    std::shared_ptr<const Chain> chain;
  };

  Task<void> enter(std::string relative, bool is_link, bool target_exists);
  Task<bool> make_counterpart(std::string relative, const Entry* there);
  std::shared_ptr<const Chain> followed(const std::string& relative, bool is_link) const;
  std::string relative(const Entry& entry) const;
  const Entry* counterpart(const Level& level, const std::string& relative) const;

  Place source_;
  Place target_;
  bool compares_;
  bool started_ = false;
  std::vector<Level> levels_;
  std::vector<std::string> folders_;
};

}  // namespace genro::storage

// TreeWalk: goes through the folder to copy, depth first in order of names, and makes the same folders at the target.
// It lists each folder once, and the target's beside it where a comparison needs that: no file costs a call of its own.
// Over a network the next folders are listed meanwhile, as many at once as the store takes.
// Used by TreeCopy. Iterative: depth costs memory, not stack. Memory: the entries of the folders on the current path, and of
// those listed ahead.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/transfer/folder_modes.h"
#include "node/transfer/tree_plan.h"
#include "node/tree/link_chain.h"
#include "node/tree/listed_folder.h"

namespace genro::storage {

class TreeWalk {
 public:
  /// The target's folder must exist.
  explicit TreeWalk(TreePlan& plan) : plan_(plan), ahead_(plan.source.mount) {}
  /// The next files of one folder (dotfiles, links to files and special files included; at least one), or nothing at the end.
  /// A folder that the filter leaves out whole is given as if it were a file, and so is what has a name that no path can have.
  Task<std::optional<std::vector<WalkedFile>>> next();
  /// The folders seen so far, each before those in it; the copied folder itself ("") is the first.
  const std::vector<std::string>& folders() const noexcept { return folders_; }
  /// Gives the folders that were made their permission bits, and puts them on stable storage.
  Task<void> finish();

 private:
  struct Level {
    std::vector<Entry> entries;
    std::vector<Entry> unnamable;
    std::vector<Entry> there;  // the target's
    bool names_only = false;   // of files only kind and name are known
    std::size_t at = 0;
    std::size_t there_at = 0;  // the first of `there` that is not before the entry at `at`
    std::shared_ptr<const LinkChain> chain;
    std::shared_ptr<Spellings> spellings;  // null: the target tells all names of this folder apart
  };

  Task<void> enter(std::string relative, bool is_link, bool target_exists);
  Task<ListedFolder> list_target(const std::string& relative) const;
  Task<ListedFolder> list_source(const std::string& relative, bool names_only);
  void list_ahead(Context& context);
  Task<bool> make_counterpart(std::string relative, const Entry* there, std::uint32_t mode);
  Task<void> make_folder(std::string relative, std::uint32_t mode);
  Task<std::shared_ptr<Spellings>> doubts(std::string relative, const std::vector<Entry>& entries) const;
  Task<std::string> taken_as(std::shared_ptr<Spellings> spellings, std::string name) const;
  Task<void> record_name(std::shared_ptr<Spellings> spellings, std::string name) const;
  bool left_out(WalkedFile& folder) const;
  const Entry* counterpart(Level& level, std::string_view relative, bool is_folder) const;
  std::vector<WalkedFile> nameless(Level& level) const;
  std::string_view no_copy(const Level& level, std::string_view relative) const;

  TreePlan& plan_;
  bool started_ = false;
  std::vector<Level> levels_;
  FoldersAhead ahead_;
  std::vector<std::string> folders_;
  FolderModes modes_;
  std::vector<std::string> made_in_;  // folders of the target's store in which some were made, not yet synced
};

}  // namespace genro::storage

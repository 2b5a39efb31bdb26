// GlobSearch: goes through a folder along a pattern, page by page. Components without wildcards are never listed, components with
// one cost one listing of each folder that can still match, "**" costs one recursive listing.
// Used by glob_paths. Links to folders are entered where a component names them, not by "**".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/tree/folder_pages.h"
#include "text/path_glob.h"

namespace genro::storage {

class GlobSearch {
 public:
  /// Throws invalid_argument for a pattern that cannot be.
  GlobSearch(MountPointer mount, std::string root, std::string_view pattern);
  /// The next paths that match (perhaps none), in no order, or nothing at the end.
  Task<std::optional<std::vector<std::string>>> next();

 private:
  struct Component {
    std::string text;
    bool literal;
    bool any;       // "**"
    PathGlob rest;  // from here on if `any`, else this component alone
  };
  struct Stand {
    std::string folder;
    std::size_t component;
  };

  void parse(std::string_view pattern);
  Task<std::optional<std::string>> look(std::string path) const;
  void begin_listing();
  void sift(const std::vector<Entry>& entries, std::vector<std::string>& found);
  bool is_last() const noexcept { return at_.component + 1 == components_.size(); }

  MountPointer mount_;
  std::string root_;
  bool folders_only_ = false;
  std::vector<Component> components_;
  std::vector<Stand> pending_;
  Stand at_;
  std::optional<FolderPages> pages_;  // of at_.folder
  bool root_seen_ = false;            // its listing told whether it is a folder
  bool found_any_ = false;
};

}  // namespace genro::storage

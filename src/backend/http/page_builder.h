// PageBuilder: from the keys of a flat store to files and folders. Used by backends whose listings are of keys with a common
// prefix and, where a delimiter was asked for, of what lies below them as "common prefixes".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "genro/storage/entry.h"

namespace genro::storage {

/// A page of a listing: files and folders in order of paths, each once. Empty objects whose keys end in '/', which some programs write to
/// mark a folder, also the one that was asked for, appear as folders whose path keeps its final '/': the name by which they
/// can be removed. Keys are given as they are, paths or not. `found` is whether the page has anything at all.
struct ObjectPage {
  Page page;
  bool found = false;
};

class PageBuilder {
 public:
  /// `prefix`: the mount's own part of every key, which paths do not have. Must outlive this.
  explicit PageBuilder(std::string_view prefix) : prefix_(prefix) {}

  std::vector<Entry> objects;        ///< their paths are whole keys
  std::vector<std::string> folders;  ///< common prefixes, whole, with the delimiter at their ends
  std::string token;                 ///< where the next page begins

  /// Throws protocol for a key outside of the prefix, and for a page that has a next one but does not say where. Called once.
  ObjectPage finish(bool truncated);

 private:
  bool take_object(Entry& entry) const;
  void take_path(std::string& key) const;
  void add_folder(std::string key, std::vector<Entry>& to) const;

  std::string_view prefix_;
};

}  // namespace genro::storage

// Names of one folder that a file system may take for one: `a` and `A`, or two Unicode forms of one word. Where a tree is
// copied into a folder that does so, the second must not silently replace the first. Used by the copy of a tree.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "node/transfer/transfer.h"

namespace genro::storage {

/// What some file system could take for one name, in one folder. It knows no Unicode: of names that are not all ASCII only
/// what no file system changes is compared, so it doubts more than it must, and never less.
class NameDoubts {
 public:
  explicit NameDoubts(const std::vector<Entry>& entries);
  bool none() const noexcept { return doubtful_.empty(); }
  bool contain(std::string_view name) const;
  /// Whether some file system could take these two for one name.
  static bool may_be_one(std::string_view a, std::string_view b);

 private:
  bool ascii_ = true;                    // all names are
  std::vector<std::uint64_t> doubtful_;  // sorted keys of several names
};

/// The doubtful names of one folder at the target that a copy has recorded so far: written, or left as they were there.
/// What is asked here comes one after the other: the caller must not write two doubtful names of one folder at the same time.
class Spellings {
 public:
  Spellings(Location folder, NameDoubts doubts) : folder_(std::move(folder)), doubts_(std::move(doubts)) {}
  bool doubt(std::string_view name) const { return doubts_.contain(name); }
  /// The recorded name that the file system takes for this one; "" = none: it may be written. May block.
  std::string taken_as(const std::string& name) const;
  /// May block.
  void record(const std::string& name);

 private:
  using Identity = std::pair<std::uint64_t, std::uint64_t>;  // device and inode
  bool identify(const std::string& name, Identity& identity) const;

  Location folder_;
  NameDoubts doubts_;
  std::map<Identity, std::string> recorded_;
};

}  // namespace genro::storage

// ZipMembers: what goes into the archive of a node, one member after the other, each with a name of its own.
// A file: itself. A folder: every file below, depth first in order of names, links inside the mount followed, sockets and links
// that lead nowhere left out. An iternode: its sources. Memory: the entries of the folders on the current path.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "backend/lister.h"
#include "genro/storage/node.h"
#include "node/location.h"
#include "node/tree/link_chain.h"

namespace genro::storage {

struct ZipMember {
  Node node;
  std::string name;
};

/// Gives each name once: the second "a.txt" becomes "a (2).txt". Pure.
class UniqueNames {
 public:
  std::string add(std::string_view name);

 private:
  std::unordered_set<std::string> taken_;
  std::unordered_map<std::string, std::size_t> next_;
};

class ZipMembers {
 public:
  /// Throws invalid_argument ("Cannot create ZIP") where there is nothing to put in. `without` is left out: the archive itself.
  static Task<ZipMembers> of(Node node, std::optional<Location> without);
  Task<std::optional<ZipMember>> next();

 private:
  struct Level {
    std::vector<Entry> entries;
    std::size_t at = 0;
    std::shared_ptr<const LinkChain> chain;
  };
  ZipMembers(Node node, std::optional<Location> without) : node_(std::move(node)), without_(std::move(without)) {}
  Task<void> enter(std::string path, bool is_link);
  Task<bool> turn_page();
  std::optional<ZipMember> next_source();
  bool left_out(const Entry& entry) const;
  ZipMember member(const Entry& entry) const;

  Node node_;
  std::optional<Location> without_;
  std::vector<Node> sources_;  // of an iternode, or the file itself
  std::size_t at_ = 0;
  UniqueNames names_;
  std::vector<Level> levels_;       // of a folder on a mount with folders
  std::unique_ptr<Lister> lister_;  // of one where keys imply folders
};

}  // namespace genro::storage

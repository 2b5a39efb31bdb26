// What must hold before anything is copied or moved: a file never replaces a folder nor a folder a file, and nothing is
// copied into itself. Used by copy.cc and move.cc.
#pragma once

#include <optional>

#include "node/transfer/transfer.h"

namespace genro::storage {

/// The source's entry. Throws not_found, "Source not found".
Task<Entry> require_source(Location from);

/// What is where a copy or a move goes.
struct Target {
  std::optional<Entry> entry;  ///< Nothing on content-addressed mounts, where nothing is before it is written.
  bool is_source = false;      ///< Both are one file or folder, under whatever names.
};
/// Throws is_directory or not_directory where the kinds do not match, invalid_argument for a source that is neither file nor
/// folder, and when one folder lies in the other so that the copy would run into itself.
Task<Target> look_at_target(Location from, Location to, Entry source);

/// Whether both are one file of this machine with two names, so that to copy one onto the other means nothing; to move does.
Task<bool> are_hard_links(Location from, Location to, Entry source, std::optional<Entry> target);

/// As Node::copy_to(address) and move_to(address) find their node.
Node node_of_address(const std::shared_ptr<const ManagerState>& manager, const std::string& address);

}  // namespace genro::storage

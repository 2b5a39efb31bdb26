// What must hold before anything is copied or moved: a file never replaces a folder nor a folder a file, and nothing is
// copied into itself. Used by copy.cc and move.cc.
#pragma once

#include <optional>

#include "node/transfer.h"

namespace genro::storage {

/// The source's entry. Throws not_found, "Source not found".
Task<Entry> require_source(Place from);
/// What is at the target; nothing for content-addressed mounts, where nothing is before it is written.
Task<std::optional<Entry>> look_at_target(Place to);
/// Throws is_directory, not_directory, or invalid_argument for what is neither.
void require_kinds_match(const Place& from, const Place& to, const Entry& source, const std::optional<Entry>& target);
/// Whether both are one file or folder, under whatever names. Throws invalid_argument when one folder lies in the other so that
/// the copy would run into itself.
Task<bool> is_itself(Place from, Place to, Entry source, std::optional<Entry> target);

/// As Node::copy_to(address) and move_to(address) find their node.
Node node_of_address(const std::shared_ptr<const ManagerState>& manager, const std::string& address);

}  // namespace genro::storage

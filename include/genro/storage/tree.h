// What the searches of a folder take and give: Node::walk, find and du. Include it where one of them is called.
// They follow links to files, and list links to folders without entering them: a link that leads back ends nowhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "genro/storage/entry.h"
#include "genro/storage/node.h"

namespace genro::storage {

/// What Node::find looks for; everything that is given must hold. A folder has no size: conditions on size leave it out.
struct FindOptions {
  std::string name;                       ///< A pattern for the name alone: '*', '?', [sets]. "" = any.
  std::optional<EntryKind> type;          ///< Links count as what they lead to.
  std::optional<std::uint64_t> min_size;  ///< Bytes, inclusive.
  std::optional<std::uint64_t> max_size;
  std::optional<double> newer_than;  ///< Unix seconds as of mtime(), exclusive. What has no time is left out.
  std::optional<double> older_than;
};

/// All that is below a folder. A link counts as a file or a folder of no size of its own.
struct Usage {
  std::uint64_t size = 0;  ///< Bytes of all files' contents, as stored.
  std::uint64_t files = 0;
  std::uint64_t folders = 0;  ///< Without the folder itself.
};

/// One folder of a walk, sorted by name. What is neither file nor folder is among the files.
struct WalkStep {
  Node folder;
  std::vector<Node> folders;
  std::vector<Node> files;
};

}  // namespace genro::storage

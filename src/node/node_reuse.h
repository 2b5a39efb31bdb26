// NodeReuse: turns a node without references into another node of the same mount, which saves allocating one: programs that
// touch many small files make a node for each and drop it again. Used by the Python binding.
// Never for a node that somebody may still hold: nodes do not change under their users.
#pragma once

#include <cstddef>
#include <string_view>

#include "genro/storage/node.h"

namespace genro::storage {

class NodeReuse {
 public:
  /// Whether nothing but the path would have to change. A long path's memory is not kept for ever.
  static bool possible(const Node& node) noexcept { return !node.mimetype_ && node.path_.capacity() <= kLongest; }
  static void become(Node& node, std::string_view clean_path) { node.path_.assign(clean_path); }

 private:
  static constexpr std::size_t kLongest = 256;
};

}  // namespace genro::storage

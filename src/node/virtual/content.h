// VirtualContent: what a node without a place stands for: its sources one after the other, or the difference of two of them.
// Held by the mount of a virtual node (virtual_mount); all copies of the node share it. Sources are read anew by each read.
// Everything is iterative: virtual nodes may be nested deeper than any stack. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/mutex.h"
#include "genro/storage/backend.h"
#include "genro/storage/node.h"
#include "node/mount.h"

namespace genro::storage {

class VirtualContent {
 public:
  enum class Kind : unsigned char { sequence, difference };
  VirtualContent(Kind kind, std::vector<Node> sources);
  ~VirtualContent();
  VirtualContent(const VirtualContent&) = delete;
  VirtualContent& operator=(const VirtualContent&) = delete;
  bool is_sequence() const noexcept { return kind_ == Kind::sequence; }
  std::vector<Node> sources() const;  ///< As of now.
  /// Throws invalid_argument, adding nothing, when one of them is or holds this very content.
  void append(std::vector<Node> more);

 private:
  bool is_held_by(const std::vector<Node>& nodes) const;

  const Kind kind_;
  mutable Mutex mutex_;
  std::vector<Node> sources_;
};

/// A node that stands for this content.
Node virtual_node(std::shared_ptr<const ManagerState> manager, std::shared_ptr<VirtualContent> content);
/// Of a virtual node, else null.
VirtualContent* virtual_content_of(const Node& node) noexcept;

/// Turns bytes into UTF-8 text. Throws Undecodable when they are no text in its encoding. May block; not called on a loop.
using TextDecoder = std::function<std::string(const Bytes& bytes)>;
struct Undecodable {
  std::exception_ptr reason;
};
std::string utf8_text(const Bytes& bytes);

/// The text of a virtual node: of a sequence each source's own text, of a difference that of its decoded sources.
Task<std::string> virtual_text(Node node, TextDecoder decode);
/// Its bytes: differences are UTF-8.
Task<Bytes> virtual_bytes(Node node);
/// Its bytes as a stream: no more than one source's chunk, or one difference, is in memory.
Task<std::unique_ptr<Reader>> open_virtual(Node node);

/// Writes its bytes to `target`, streaming; of the options only progress counts. Gives the target.
Task<Node> materialise(Node node, Node target, CopyOptions options);

/// The difference of two contents. Throws invalid_argument ("Cannot diff binary files") for a NUL or what does not decode.
Task<std::string> diff_text(Node a, Node b, TextDecoder decode);

}  // namespace genro::storage

// A node's content as its users mean it, in and out as a stream: what read_bytes() would give, what write_bytes() would store.
// Used by virtual nodes, archives, downloads and encodings. Not for copies of files, which take what is stored as it is.
#pragma once

#include <memory>

#include "genro/storage/backend.h"
#include "genro/storage/node.h"

namespace genro::storage {

/// Any node that can be read: a file, a snapshot, a virtual one. Errors carry its address.
Task<std::unique_ptr<Reader>> open_node(Node node);
/// Replaces the content of `target` by all that the reader gives, whole or not at all. The node of the written content (base64:
/// another path). Refuses as a write does, before it reads anything. Errors of the reader come out as they are.
Task<Node> store_node(Node target, std::unique_ptr<Reader> reader);
/// The refusals of store_node alone.
void require_storable(const Node& target, const char* operation);

}  // namespace genro::storage

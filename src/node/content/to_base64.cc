// Node::to_base64. The content is encoded while it is read, so only the text is in memory whole.
#include <optional>
#include <utility>

#include "backend/reader.h"
#include "codec/base64.h"
#include "genro/storage/error.h"
#include "loop/offload.h"
#include "node/guard.h"
#include "node/stored_content.h"
#include "node/virtual/node_stream.h"

namespace genro::storage {
namespace {

constexpr std::size_t kEncodedPiece = 3 * (kChunk / 3);  // whole groups of three bytes: only the last piece is padded

Task<void> require_file(Node node, MountPointer mount) {
  Task<std::optional<Entry>> looking = node.stat();
  const std::optional<Entry> entry = co_await looking;
  if (!entry) {
    throw failure(ErrorCode::not_found, "to_base64", *mount, node.path(), "File not found: " + node.fullpath());
  }
  if (!entry->is_file()) {
    throw failure(ErrorCode::invalid_argument, "to_base64", *mount, node.path(),
                  "Cannot encode directory as base64: " + node.fullpath());
  }
}

Task<void> add_encoded(Reader& reader, std::string& text) {
  for (;;) {
    BytesBuffer buffer(kEncodedPiece);
    Task<std::size_t> filling = fill(reader, buffer.span());
    const std::size_t size = co_await filling;
    auto encoding = offload([&] {
      const std::size_t begin = text.size();
      text.resize(begin + base64_encoded_size(size));
      base64_encode_to(buffer.span().first(size), text.data() + begin);
    });
    co_await encoding;
    if (size < kEncodedPiece) co_return;
  }
}

Task<std::string> encode(Node node, std::string head, MountPointer mount) {
  if (node.is_virtual()) throw failure(ErrorCode::not_found, "to_base64", *mount, {}, "File not found: None:");
  Task<void> looking = require_file(node, mount);
  co_await looking;
  Task<std::unique_ptr<Reader>> opening = open_node(node);
  const std::unique_ptr<Reader> reader = co_await opening;
  std::string text = std::move(head);
  if (reader->size() != Reader::kUnknown) text.reserve(text.size() + base64_encoded_size(reader->size()));
  Task<void> adding = add_encoded(*reader, text);
  co_await adding;
  co_return text;
}

}  // namespace

Task<std::string> Node::to_base64(std::optional<std::string> mime, bool include_uri) const {
  std::string head;
  if (include_uri) head.append("data:").append(mime ? *mime : mimetype()).append(";base64,");
  return encode(*this, std::move(head), mount_or_detached());
}

}  // namespace genro::storage

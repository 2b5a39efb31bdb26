// Reading virtual nodes: whole, as text, and as a stream. Each works through the sources with a stack of its own.
#include <utility>

#include "backend/body_bytes.h"
#include "backend/bytes_reader.h"
#include "genro/storage/error.h"
#include "loop/give_way.h"
#include "node/virtual/content.h"
#include "node/virtual/node_stream.h"
#include "text/utf8.h"

namespace genro::storage {
namespace {

/// The sources of a sequence in order, those of nested sequences in their place.
class Sources {
 public:
  explicit Sources(const Node& node) { push(node); }
  /// The next that is no sequence; false at the end.
  bool next(Node& node) {
    while (!levels_.empty()) {
      Level& level = levels_.back();
      if (level.at == level.nodes.size()) {
        levels_.pop_back();
        continue;
      }
      node = level.nodes[level.at++];
      const VirtualContent* content = virtual_content_of(node);
      if (!content || !content->is_sequence()) return true;
      push(node);
    }
    return false;
  }

 private:
  struct Level {
    std::vector<Node> nodes;
    std::size_t at = 0;
  };
  void push(const Node& node) {
    const VirtualContent* content = virtual_content_of(node);
    Level level;
    if (content && content->is_sequence()) {
      level.nodes = content->sources();
    } else {
      level.nodes.push_back(node);
    }
    levels_.push_back(std::move(level));
  }
  std::vector<Level> levels_;
};

Task<Bytes> difference_bytes(Node node) {
  const std::vector<Node> pair = virtual_content_of(node)->sources();
  Task<std::string> comparing = diff_text(pair[0], pair[1], &utf8_text);
  const std::string text = co_await comparing;
  Task<Bytes> copying = copied(std::as_bytes(std::span(text)));
  co_return co_await copying;
}

Task<Bytes> bytes_of(Node node) {
  if (virtual_content_of(node)) return difference_bytes(std::move(node));
  return node.read_bytes();
}

class SequenceReader final : public LeafReader {
 public:
  explicit SequenceReader(const Node& node) : sources_(node) {}
  const Entry& entry() const noexcept override { return entry_; }
  std::uint64_t begin() const noexcept override { return 0; }
  std::uint64_t size() const noexcept override { return kUnknown; }

  Task<std::size_t> read_into(std::span<std::byte> target) override {
    if (target.empty()) co_return 0;
    for (;;) {
      if (current_) {
        Task<std::size_t> reading = current_->read_into(target);
        const std::size_t got = co_await reading;
        if (got > 0) co_return got;
        current_.reset();
      }
      Node node;
      if (!sources_.next(node)) co_return 0;
      Task<std::unique_ptr<Reader>> opening = open_node(std::move(node));
      current_ = co_await opening;
    }
  }

  Task<Bytes> read_all() override {
    std::vector<Bytes> pieces;
    if (current_) {
      Task<Bytes> reading = current_->read_all();
      Bytes rest = co_await reading;
      pieces.push_back(std::move(rest));
      current_.reset();
    }
    for (Node node; sources_.next(node);) {
      Task<Bytes> reading = bytes_of(node);
      Bytes piece = co_await reading;
      pieces.push_back(std::move(piece));
    }
    Task<Bytes> joining = bytes_of(Body(std::move(pieces)));
    co_return co_await joining;
  }

 private:
  Sources sources_;
  std::unique_ptr<Reader> current_;
  Entry entry_;
};

Task<std::string> decoded(TextDecoder decode, Bytes bytes) {
  auto decoding = offload([&] { return decode(bytes); });
  co_return co_await decoding;
}

[[noreturn]] void throw_reason(std::exception_ptr failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const Undecodable& undecodable) {
    std::rethrow_exception(undecodable.reason);
  }
}

}  // namespace

std::string utf8_text(const Bytes& bytes) {
  const std::size_t bad = find_invalid_utf8(bytes.view());
  if (bad == std::string_view::npos) return bytes.to_string();
  const Error error(ErrorCode::invalid_argument, "not UTF-8 text: invalid byte at offset " + std::to_string(bad));
  throw Undecodable{std::make_exception_ptr(error)};
}

Task<std::string> virtual_text(Node node, TextDecoder decode) {
  Sources sources(node);
  std::string text;
  for (Node source; sources.next(source);) {
    if (const VirtualContent* difference = virtual_content_of(source)) {
      const std::vector<Node> pair = difference->sources();
      Task<std::string> comparing = diff_text(pair[0], pair[1], decode);
      const std::string difference_text = co_await comparing;
      text += difference_text;
      continue;
    }
    Task<Bytes> reading = source.read_bytes();
    const Bytes bytes = co_await reading;
    Task<std::string> decoding = decoded(decode, bytes);
    Result<std::string> part = co_await decoding.as_result();
    if (!part.ok()) throw_reason(part.exception());
    Task<void> adding = on_helper(part.value().size(), [&] { text += part.value(); });
    co_await adding;
  }
  co_return text;
}

Task<Bytes> virtual_bytes(Node node) {
  SequenceReader reader(node);
  Task<Bytes> reading = reader.read_all();
  co_return co_await reading;
}

Task<std::unique_ptr<Reader>> open_virtual(Node node) {
  if (virtual_content_of(node)->is_sequence()) co_return std::make_unique<SequenceReader>(node);
  Task<Bytes> comparing = difference_bytes(node);
  const Bytes text = co_await comparing;
  Entry entry;
  entry.size = text.size();
  co_return std::make_unique<BytesReader>(std::move(entry), text, ByteRange{0, text.size()});
}

Task<Node> materialise(Node node, Node target, CopyOptions options) {
  require_storable(target, "copy");
  Task<std::unique_ptr<Reader>> opening = open_virtual(std::move(node));
  std::unique_ptr<Reader> reader = co_await opening;
  Task<Node> storing = store_node(std::move(target), std::move(reader));
  Node stored = co_await storing;
  if (options.progress) {
    auto reporting = offload([&] { options.progress(1, 1); });
    co_await reporting;
  }
  co_return stored;
}

}  // namespace genro::storage

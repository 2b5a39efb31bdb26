// The path is the content in base64 (RFC 4648, standard alphabet, padded; spaces and line feeds anywhere are ignored, as
// in text that a mail program wrapped). Quirks:
//  - put() answers with a new path: the encoding of what was given. The path it was given does not matter.
//  - "" is no content, until an empty content was put to this mount: its encoding is "".
//  - There are no folders, and nothing can be removed. The time of everything is that of the mount.
#include "backends/base64.h"

#include <algorithm>
#include <atomic>
#include <functional>

#include "backend/body_bytes.h"
#include "backend/bytes_reader.h"
#include "codec/base64.h"
#include "loop/give_way.h"

namespace genro::storage {
namespace {

constexpr Caps kBase64Caps{
    .read = true, .write = true, .public_urls = true, .seek = true, .content_addressed = true, .immediate = true};

class Base64Backend final : public LeafBackend {
 public:
  explicit Base64Backend(Env& env) : born_ns_(env.clock->wall_ns()) {}

  const Caps& caps() const noexcept override { return kBase64Caps; }
  std::string_view protocol() const noexcept override { return "base64"; }
  std::string identity() const override { return "base64"; }

  Task<std::optional<Entry>> stat(std::string path) override {
    Breath breath(co_await current_context());
    std::optional<Entry> entry;
    const std::size_t length = path.size();
    const auto look = [&] {
      if (const auto size = decoded_size(path, std::ref(breath))) entry = entry_of(std::move(path), *size);
    };
    Task<void> looking = on_helper(length, look);
    co_await looking;
    co_return entry;
  }

  Task<std::unique_ptr<Reader>> read(std::string path, ReadOptions options) override {
    Breath breath(co_await current_context());
    std::unique_ptr<Reader> reader;
    const std::size_t length = path.size();
    const auto decode = [&] { reader = decoded(std::move(path), options.range, std::ref(breath)); };
    Task<void> decoding = on_helper(length, decode);
    co_await decoding;
    co_return reader;
  }

  Task<Entry> put(std::string, Body body, PutOptions) override {
    Task<Bytes> flattening = bytes_of(std::move(body));
    const Bytes content = co_await flattening;
    if (content.empty()) empty_was_put_.store(true, std::memory_order_relaxed);
    Breath breath(co_await current_context());
    const auto encode = [&] { return entry_of(encoded(content.span(), std::ref(breath)), content.size()); };
    Task<Entry> encoding = on_helper(content.size(), encode);
    co_return co_await encoding;
  }

  Task<Page> list(std::string path, ListOptions) override {
    throw Error(ErrorCode::invalid_argument, "list", path, "base64 has no directory structure");
    co_return Page{};
  }

  Task<void> remove(std::string path) override {
    throw Error(ErrorCode::unsupported, "remove", path, "base64 is read-only: its paths are their contents");
    co_return;
  }

  Task<void> make_dir(std::string path) override {
    throw Error(ErrorCode::unsupported, "mkdir", path, "base64 is read-only: it has no directory structure");
    co_return;
  }

 private:
  std::unique_ptr<Reader> decoded(std::string path, const ByteRange& wanted, const Pause& pause) const {
    const auto size = decoded_size(path, pause);
    if (!size)
      throw Error(ErrorCode::not_found, "read", path,
                  path.empty() ? "the path cannot be empty" : "Invalid base64 path");
    BytesBuffer buffer(path.size() / 4 * 3 + 3);
    if (!base64_decode_to(path, buffer.data(), Base64Rules::tolerant, pause)) {
      throw Error(ErrorCode::internal, "read", path, "base64 counted but not decoded");
    }
    const Bytes content = std::move(buffer).freeze(*size);
    const ByteRange range = clamped(wanted, *size, path);
    return std::make_unique<BytesReader>(entry_of(std::move(path), *size), content, range);
  }
  static std::string encoded(std::span<const std::byte> content, const Pause& pause) {
    constexpr std::size_t kPiece = kPauseEvery / 3 * 3;  // whole groups: only the last piece is padded
    std::string text(base64_encoded_size(content.size()), '\0');
    for (char* out = text.data(); !content.empty(); pause()) {
      const std::span<const std::byte> piece = content.first(std::min(content.size(), kPiece));
      base64_encode_to(piece, out);
      out += base64_encoded_size(piece.size());
      content = content.subspan(piece.size());
    }
    return text;
  }
  std::optional<std::size_t> decoded_size(const std::string& path, const Pause& pause) const {
    const bool blank = path.find_first_not_of(" \t\n\v\f\r") == std::string::npos;
    if (blank && !empty_was_put_.load(std::memory_order_relaxed)) return std::nullopt;
    return base64_decoded_size(path, Base64Rules::tolerant, pause);
  }
  Entry entry_of(std::string path, std::size_t size) const {
    Entry entry;
    entry.etag = std::to_string(std::hash<std::string>()(path));
    entry.path = std::move(path);
    entry.size = size;
    entry.mtime_ns = born_ns_;
    return entry;
  }

  std::int64_t born_ns_;
  std::atomic<bool> empty_was_put_{false};
};

}  // namespace

std::shared_ptr<Backend> make_base64(const MountContext& context) {
  return std::make_shared<Base64Backend>(context.env);
}

}  // namespace genro::storage

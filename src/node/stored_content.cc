#include "node/stored_content.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "backend/put_body.h"
#include "backend/reader.h"
#include "codec/digest.h"
#include "codec/hex.h"
#include "loop/give_way.h"
#include "node/guard.h"
#include "node/snapshot.h"

namespace genro::storage {

Task<std::unique_ptr<Reader>> open_content(MountPointer mount, std::string path, ReadOptions options) {
  if (mount->snapshot) {
    Task<MountPointer> pinning = pinned(mount, path);
    mount = co_await pinning;
  }
  try {
    if (mount->caps.remote) {
      Task<std::unique_ptr<Reader>> opening = open_reader(mount->backend, path, std::move(options));
      co_return co_await opening;
    }
    Task<std::unique_ptr<Reader>> opening = mount->backend->read(path, std::move(options));
    co_return co_await opening;
  } catch (const Error& error) {
    throw located(error, "read", *mount, path);
  }
}

Task<Entry> described(MountPointer mount, std::string path, Entry entry) {
  if (entry.metadata || !mount->caps.metadata) co_return entry;
  Task<std::optional<Entry>> looking = mount->backend->stat(path);
  const std::optional<Entry> found = co_await looking;
  if (!found || found->etag != entry.etag) {
    throw failure(ErrorCode::unavailable, "read", *mount, path, "it was replaced while it was read");
  }
  entry.metadata = found->metadata;
  co_return entry;
}

Task<Entry> store(MountPointer mount, std::string path, Body body, PutOptions options) {
  // A task refers to the backend, not to the mount: nodes keep their mount as long as their tasks.
  if (!mount->caps.remote) return mount->backend->put(std::move(path), std::move(body), std::move(options));
  return put_body(*mount->backend, std::move(path), std::move(body), std::move(options));
}

std::string stored_type(const Node& node) {
  if (!node.mount() || !node.mount()->caps.metadata) return {};
  std::string type = node.mimetype();
  return type == "application/octet-stream" ? std::string() : type;
}

namespace {

// One job of a helper thread, where the caller does not drive.
constexpr std::size_t kDigestStep = std::size_t{1} << 20;

Task<void> add_to(Md5& digest, std::span<const std::byte> data) {
  Stretch stretch;
  while (!data.empty()) {
    const std::span<const std::byte> step = data.first(std::min(data.size(), kDigestStep));
    Task<void> adding = on_helper(step.size(), [&digest, step] { digest.update(step); });
    co_await adding;
    co_await give_way(stretch, step.size());
    data = data.subspan(step.size());
  }
}

}  // namespace

Task<std::string> md5_of(Bytes content) {
  Md5 digest;
  Task<void> adding = add_to(digest, content.span());
  co_await adding;
  const Md5::Value value = digest.finish();
  co_return hex_encode(value);
}

Task<std::string> md5_of_content(MountPointer mount, std::string path) {
  Task<std::unique_ptr<Reader>> opening = open_content(mount, path, {});
  const std::unique_ptr<Reader> reader = co_await opening;
  if (const Bytes* all = reader->buffered()) {
    Task<std::string> summing = md5_of(*all);
    co_return co_await summing;
  }
  Context& context = co_await current_context();
  Md5 digest;
  BytesBuffer buffer(context.caller_driven ? kChunk : kDigestStep);
  for (;;) {
    Task<std::size_t> filling = fill(*reader, buffer.span());
    const std::size_t size = co_await filling;
    if (size == 0) break;
    Task<void> adding = add_to(digest, buffer.span().first(size));
    co_await adding;
  }
  const Md5::Value value = digest.finish();
  co_return hex_encode(value);
}

Task<bool> same_content(std::unique_ptr<Reader> a, std::unique_ptr<Reader> b) {
  BytesBuffer left(kChunk);
  BytesBuffer right(kChunk);
  for (;;) {
    Task<std::size_t> reading = a->read_into(left.span());
    const std::size_t size = co_await reading;
    // One byte more than expected shows that the other file is longer.
    const std::size_t wanted = size == 0 ? 1 : size;
    Task<std::size_t> filling = fill(*b, right.span().first(wanted));
    const std::size_t other = co_await filling;
    if (other != size || std::memcmp(left.data(), right.data(), size) != 0) co_return false;
    if (size == 0) co_return true;
  }
}

Task<bool> holds(std::unique_ptr<Reader> reader, Bytes data) {
  BytesBuffer buffer(kChunk);
  std::size_t at = 0;
  for (;;) {
    Task<std::size_t> reading = reader->read_into(buffer.span());
    const std::size_t size = co_await reading;
    if (size == 0) co_return at == data.size();
    if (size > data.size() - at || std::memcmp(buffer.data(), data.data() + at, size) != 0) co_return false;
    at += size;
  }
}

}  // namespace genro::storage

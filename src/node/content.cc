#include "node/content.h"

#include <cstring>
#include <utility>

#include "backend/put_body.h"
#include "backend/reader.h"
#include "codec/digest.h"
#include "codec/hex.h"
#include "node/guard.h"
#include "node/snapshot.h"

namespace genro::storage {

Task<std::unique_ptr<Reader>> open_content(MountPointer mount, std::string path, ReadOptions options) {
  if (mount->snapshot) {
    Task<MountPointer> pinning = pinned(mount, path);
    mount = co_await pinning;
  }
  try {
    if (mount->caps.needs_network) {
      Task<std::unique_ptr<Reader>> opening = open_reader(mount->backend, path, std::move(options));
      co_return co_await opening;
    }
    Task<std::unique_ptr<Reader>> opening = mount->backend->read(path, std::move(options));
    co_return co_await opening;
  } catch (const Error& error) {
    throw located(error, "read", *mount, path);
  }
}

Task<Entry> store(MountPointer mount, std::string path, Body body, PutOptions options) {
  // A task refers to the backend, not to the mount: nodes keep their mount as long as their tasks.
  if (!mount->caps.needs_network) return mount->backend->put(std::move(path), std::move(body), std::move(options));
  return put_body(*mount->backend, std::move(path), std::move(body), std::move(options));
}

std::string stored_type(const Node& node) {
  if (!node.mount() || !node.mount()->caps.metadata) return {};
  std::string type = node.mimetype();
  return type == "application/octet-stream" ? std::string() : type;
}

Task<std::string> md5_of_content(MountPointer mount, std::string path) {
  Task<std::unique_ptr<Reader>> opening = open_content(mount, path, {});
  const std::unique_ptr<Reader> reader = co_await opening;
  Md5 digest;
  BytesBuffer buffer(kChunk);
  for (;;) {
    Task<std::size_t> reading = reader->read_into(buffer.span());
    const std::size_t size = co_await reading;
    if (size == 0) break;
    digest.update(buffer.span().first(size));
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

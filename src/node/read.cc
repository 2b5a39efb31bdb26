// Reading whole contents and ranges. What is at hand once it is open is given out at once: every further coroutine would
// be a good part of what a small read costs.
#include <algorithm>
#include <utility>

#include "backend/reader.h"
#include "genro/storage/node.h"
#include "node/content.h"
#include "node/guard.h"
#include "node/snapshot.h"
#include "node/utf8.h"
#include "node/virtual_content.h"

namespace genro::storage {
namespace {

Task<Bytes> read_whole(MountPointer mount, std::string path) {
  if (mount->snapshot) {
    Task<MountPointer> pinning = pinned(mount, path);
    mount = co_await pinning;
  }
  try {
    ReadOptions options;
    const bool far = mount->caps.needs_network;
    Task<std::unique_ptr<Reader>> opening = mount->backend->read(path, options);
    std::unique_ptr<Reader> reader = co_await opening;
    if (const Bytes* all = reader->at_hand()) co_return *all;
    if (far) {
      Task<Bytes> rest = read_rest(*mount->backend, path, std::move(options), std::move(reader));
      co_return co_await rest;
    }
    Task<Bytes> reading = reader->read_all();
    co_return co_await reading;
  } catch (const Error& error) {
    throw located(error, "read", *mount, path);
  }
}

Task<std::string> read_checked(MountPointer mount, std::string path) {
  Task<Bytes> reading = read_whole(mount, path);
  const Bytes bytes = co_await reading;
  const std::size_t bad = find_invalid_utf8(bytes.view());
  if (bad != std::string_view::npos) {
    throw failure(ErrorCode::invalid_argument, "read", *mount, path,
                  "not UTF-8 text: invalid byte at offset " + std::to_string(bad));
  }
  co_return bytes.to_string();
}

ReadOptions range_of(std::uint64_t begin, std::uint64_t end) {
  ReadOptions options;
  options.range = {begin, end};
  return options;
}

Task<std::size_t> read_part(MountPointer mount, std::string path, std::span<std::byte> target, std::uint64_t offset) {
  if (mount->snapshot) {
    Task<MountPointer> pinning = pinned(mount, path);
    mount = co_await pinning;
  }
  if (target.empty()) co_return 0;
  try {
    if (mount->caps.needs_network) {
      Task<std::size_t> reading = storage::read_into(*mount->backend, path, target, offset);
      co_return co_await reading;
    }
    Task<std::unique_ptr<Reader>> opening = mount->backend->read(path, range_of(offset, offset + target.size()));
    const std::unique_ptr<Reader> reader = co_await opening;
    Task<std::size_t> filling = fill(*reader, target);
    co_return co_await filling;
  } catch (const Error& error) {
    // Asking from the end on is no error: there is nothing to read.
    if (error.code() == ErrorCode::out_of_range) co_return 0;
    throw located(error, "read", *mount, path);
  }
}

Task<std::vector<Bytes>> read_parts(MountPointer mount, std::string path, std::vector<ByteRange> ranges) {
  if (mount->snapshot) {
    Task<MountPointer> pinning = pinned(mount, path);
    mount = co_await pinning;
  }
  try {
    Task<std::vector<Bytes>> reading = storage::read_ranges(*mount->backend, path, std::move(ranges));
    co_return co_await reading;
  } catch (const Error& error) {
    throw located(error, "read", *mount, path);
  }
}

}  // namespace

Task<Bytes> Node::read_bytes() const {
  if (is_virtual()) return virtual_bytes(*this);
  return read_whole(place(), path_);
}
Task<std::string> Node::read_text() const {
  if (is_virtual()) return virtual_text(*this, &utf8_text);
  return read_checked(place(), path_);
}
Task<std::size_t> Node::read_into(std::span<std::byte> target, std::uint64_t offset) const {
  return read_part(place(), path_, target, offset);
}
Task<std::vector<Bytes>> Node::read_ranges(std::vector<ByteRange> ranges) const {
  return read_parts(place(), path_, std::move(ranges));
}

}  // namespace genro::storage

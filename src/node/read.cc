// Reading whole contents and ranges. A small read is kept to three coroutine frames (node, backend, reader): that is most
// of what a read from memory costs.
#include <algorithm>
#include <utility>

#include "backend/reader.h"
#include "genro/storage/node.h"
#include "node/content.h"
#include "node/guard.h"
#include "node/utf8.h"

namespace genro::storage {
namespace {

Task<Bytes> read_whole(MountPointer mount, std::string path, std::string version) {
  if (!version.empty()) require_versions(*mount, path, version);
  try {
    ReadOptions options;
    options.version = std::move(version);
    if (mount->caps.needs_network) {
      Task<Bytes> reading = storage::read_bytes(*mount->backend, path, std::move(options));
      co_return co_await reading;
    }
    Task<std::unique_ptr<Reader>> opening = mount->backend->read(path, std::move(options));
    const std::unique_ptr<Reader> reader = co_await opening;
    Task<Bytes> reading = reader->read_all();
    co_return co_await reading;
  } catch (const Error& error) {
    throw located(error, "read", *mount, path);
  }
}

Task<std::string> read_checked(MountPointer mount, std::string path, std::string version) {
  Task<Bytes> reading = read_whole(mount, path, std::move(version));
  const Bytes bytes = co_await reading;
  const std::size_t bad = find_invalid_utf8(bytes.view());
  if (bad != std::string_view::npos) {
    throw failure(ErrorCode::invalid_argument, "read", *mount, path,
                  "not UTF-8 text: invalid byte at offset " + std::to_string(bad));
  }
  co_return bytes.to_string();
}

ReadOptions range_of(std::uint64_t begin, std::uint64_t end, const std::string& version) {
  ReadOptions options;
  options.range = {begin, end};
  options.version = version;
  return options;
}

Task<std::size_t> read_part(MountPointer mount, std::string path, std::string version, std::span<std::byte> target,
                            std::uint64_t offset) {
  require_versions(*mount, path, version);
  if (target.empty()) co_return 0;
  try {
    if (mount->caps.needs_network) {
      ReadOptions options;
      options.version = version;
      Task<std::size_t> reading = storage::read_into(*mount->backend, path, target, offset, std::move(options));
      co_return co_await reading;
    }
    Task<std::unique_ptr<Reader>> opening =
        mount->backend->read(path, range_of(offset, offset + target.size(), version));
    const std::unique_ptr<Reader> reader = co_await opening;
    Task<std::size_t> filling = fill(*reader, target);
    co_return co_await filling;
  } catch (const Error& error) {
    // Asking from the end on is no error: there is nothing to read.
    if (error.code() == ErrorCode::out_of_range) co_return 0;
    throw located(error, "read", *mount, path);
  }
}

Task<std::vector<Bytes>> read_parts(MountPointer mount, std::string path, std::string version,
                                    std::vector<ByteRange> ranges) {
  require_versions(*mount, path, version);
  try {
    ReadOptions options;
    options.version = std::move(version);
    Task<std::vector<Bytes>> reading =
        storage::read_ranges(*mount->backend, path, std::move(ranges), std::move(options));
    co_return co_await reading;
  } catch (const Error& error) {
    throw located(error, "read", *mount, path);
  }
}

}  // namespace

Task<Bytes> Node::read_bytes() const { return read_whole(place(), path_, version_); }
Task<std::string> Node::read_text() const { return read_checked(place(), path_, version_); }
Task<std::size_t> Node::read_into(std::span<std::byte> target, std::uint64_t offset) const {
  return read_part(place(), path_, version_, target, offset);
}
Task<std::vector<Bytes>> Node::read_ranges(std::vector<ByteRange> ranges) const {
  return read_parts(place(), path_, version_, std::move(ranges));
}

}  // namespace genro::storage

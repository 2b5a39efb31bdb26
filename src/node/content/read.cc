// Reading whole contents and ranges. What is at hand once it is open is given out at once: every further coroutine would
// be a good part of what a small read costs.
#include <algorithm>
#include <cstring>
#include <utility>

#include "backend/reader.h"
#include "genro/storage/node.h"
#include "loop/give_way.h"
#include "node/encryption/encryption.h"
#include "node/encryption/envelope.h"
#include "node/guard.h"
#include "node/snapshot.h"
#include "node/stored_content.h"
#include "node/virtual/content.h"
#include "text/utf8.h"

namespace genro::storage {
namespace {

Task<Bytes> read_whole(MountPointer mount, std::string path) {
  if (mount->snapshot) {
    Task<MountPointer> pinning = pinned(mount, path);
    mount = co_await pinning;
  }
  try {
    ReadOptions options;
    const bool remote = mount->caps.remote;
    Task<std::unique_ptr<Reader>> opening = mount->backend->read(path, options);
    std::unique_ptr<Reader> reader = co_await opening;
    Bytes stored;
    if (const Bytes* all = reader->buffered()) {
      stored = *all;
    } else if (remote) {
      Task<Bytes> rest = read_rest(*mount->backend, path, std::move(options), std::move(reader));
      stored = co_await rest;
    } else {
      Task<Bytes> reading = reader->read_all();
      stored = co_await reading;
    }
    if (!begins_envelope(stored.span()) || mount->snapshot) co_return stored;  // versions are given as they are stored
    Task<Bytes> decrypting = decrypt_content(mount, std::move(stored));
    co_return co_await decrypting;
  } catch (const Error& error) {
    throw located(error, "read", *mount, path);
  }
}

Task<std::string> read_checked(MountPointer mount, std::string path) {
  Task<Bytes> reading = read_whole(mount, path);
  const Bytes bytes = co_await reading;
  const auto check = [&] {
    const std::size_t bad = find_invalid_utf8(bytes.view());
    if (bad != std::string_view::npos) {
      throw failure(ErrorCode::invalid_argument, "read", *mount, path,
                    "not UTF-8 text: invalid byte at offset " + std::to_string(bad));
    }
    return bytes.to_string();
  };
  Task<std::string> checking = on_helper(bytes.size(), check);
  co_return co_await checking;
}

ReadOptions range_of(std::uint64_t begin, std::uint64_t end) {
  ReadOptions options;
  options.range = {begin, end};
  return options;
}

// Parts of an encrypted content are parts of its plaintext. A part that holds the beginning shows that it is one; for another
// the beginning is looked at too, but only where keys are installed: plain content elsewhere must not cost a second look.
bool looks_first(const Mount& mount) noexcept { return !mount.snapshot && mount.keys && mount.keys->active(); }

Task<bool> is_encrypted(MountPointer mount, std::string path) {
  Task<Bytes> reading = read_stored(mount, path, range_of(0, kEnvelopeMaxHeader));
  const Bytes head = co_await reading;
  co_return envelope_header(head.view()).has_value();
}

Task<std::size_t> read_plain_part(MountPointer mount, std::string path, std::span<std::byte> target,
                                  std::uint64_t offset) {
  Task<Bytes> reading = read_whole(mount, path);
  const Bytes plain = co_await reading;
  if (offset >= plain.size()) co_return 0;
  const std::size_t count = std::min<std::uint64_t>(target.size(), plain.size() - offset);
  Task<void> copying = on_helper(count, [&] { std::copy_n(plain.data() + offset, count, target.data()); });
  co_await copying;
  co_return count;
}

Task<std::vector<Bytes>> read_plain_parts(MountPointer mount, std::string path, std::vector<ByteRange> ranges) {
  Task<Bytes> reading = read_whole(mount, path);
  const Bytes plain = co_await reading;
  std::vector<Bytes> parts;
  for (const ByteRange& range : ranges) {
    if (range.begin > plain.size() || range.begin > range.end) {
      throw Error(ErrorCode::out_of_range, "byte range outside of the file");
    }
    parts.push_back(plain.slice(range.begin, std::min<std::uint64_t>(range.end, plain.size()) - range.begin));
  }
  co_return parts;
}

Task<std::size_t> read_part(MountPointer mount, std::string path, std::span<std::byte> target, std::uint64_t offset) {
  if (mount->snapshot) {
    Task<MountPointer> pinning = pinned(mount, path);
    mount = co_await pinning;
  }
  if (target.empty()) co_return 0;
  try {
    bool encrypted = false;
    if (offset != 0 && looks_first(*mount)) {
      Task<bool> looking = is_encrypted(mount, path);
      encrypted = co_await looking;
    }
    if (!encrypted) {
      std::size_t count = 0;
      if (mount->caps.remote) {
        Task<std::size_t> reading = storage::read_into(*mount->backend, path, target, offset);
        count = co_await reading;
      } else {
        Task<std::unique_ptr<Reader>> opening = mount->backend->read(path, range_of(offset, offset + target.size()));
        const std::unique_ptr<Reader> reader = co_await opening;
        Task<std::size_t> filling = fill(*reader, target);
        count = co_await filling;
      }
      const std::size_t seen = std::min(count, kEnvelopePrefix.size());
      if (offset != 0 || seen == 0 || std::memcmp(target.data(), kEnvelopePrefix.data(), seen) != 0) co_return count;
      if (mount->snapshot) co_return count;
      Task<bool> looking = is_encrypted(mount, path);
      if (!co_await looking) co_return count;
    }
    Task<std::size_t> reading = read_plain_part(mount, path, target, offset);
    co_return co_await reading;
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
    const std::size_t asked = ranges.size();
    if (looks_first(*mount)) ranges.push_back({0, kEnvelopeMaxHeader});
    Task<std::vector<Bytes>> reading = storage::read_ranges(*mount->backend, path, ranges);
    std::vector<Bytes> parts = co_await reading;
    bool encrypted = false;
    for (std::size_t i = 0; i < parts.size() && !mount->snapshot; ++i) {
      encrypted = encrypted || (ranges[i].begin == 0 && begins_envelope(parts[i].span()));
    }
    ranges.resize(asked);
    parts.resize(asked);
    if (!encrypted) co_return parts;
    Task<std::vector<Bytes>> cutting = read_plain_parts(mount, path, std::move(ranges));
    co_return co_await cutting;
  } catch (const Error& error) {
    throw located(error, "read", *mount, path);
  }
}

}  // namespace

Task<Bytes> Node::read_bytes() const {
  if (is_virtual()) return virtual_bytes(*this);
  return read_whole(mount_or_detached(), path_);
}
std::optional<Bytes> Node::try_read() const {
  if (!plain()) return std::nullopt;
  ImmediateIo* const io = mount_->backend->immediate();
  if (!io) return std::nullopt;
  std::optional<Bytes> stored = io->try_read(path_, true);
  if (stored && begins_envelope(stored->span())) return std::nullopt;  // opening it is work for the long way
  return stored;
}
Task<std::string> Node::read_text() const {
  if (is_virtual()) return virtual_text(*this, &utf8_text);
  return read_checked(mount_or_detached(), path_);
}
Task<std::size_t> Node::read_into(std::span<std::byte> target, std::uint64_t offset) const {
  return read_part(mount_or_detached(), path_, target, offset);
}
Task<std::vector<Bytes>> Node::read_ranges(std::vector<ByteRange> ranges) const {
  return read_parts(mount_or_detached(), path_, std::move(ranges));
}

}  // namespace genro::storage

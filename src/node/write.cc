// Writing whole contents. The order of refusals: snapshot, skip test, permission, capability, backend; so that writing what
// is there already is no failure on a read-only mount.
#include <utility>

#include "codec/digest.h"
#include "codec/hex.h"
#include "genro/storage/node.h"
#include "node/content.h"
#include "node/encryption.h"
#include "node/guard.h"
#include "node/utf8.h"

namespace genro::storage {
namespace {

Task<bool> stored_already(MountPointer mount, std::string path, Bytes data) {
  if (mount->caps.content_addressed) co_return false;
  Task<std::optional<Entry>> look = mount->backend->stat(path);
  const std::optional<Entry> entry = co_await look;
  if (!entry || !entry->is_file() || entry->size != data.size()) co_return false;
  // With versions the stored MD5 decides, so that an identical write costs one request and adds no version.
  const std::string& stored = mount->caps.versions && entry->md5.empty() ? entry->etag : entry->md5;
  if (mount->caps.versions && stored.size() == 32) {
    const Md5::Value value = Md5::of(data.span());
    co_return hex_encode(value) == stored;
  }
  ReadOptions options;
  options.if_match = entry->etag;
  Task<std::unique_ptr<Reader>> opening = mount->backend->read(path, std::move(options));
  std::unique_ptr<Reader> reader = co_await opening;
  Task<bool> comparing = holds(std::move(reader), data);
  co_return co_await comparing;
}

Task<bool> unchanged(MountPointer mount, std::string path, Bytes data) {
  Task<bool> comparing = stored_already(mount, path, std::move(data));
  Result<bool> same = co_await comparing.as_result();
  if (same.ok()) co_return same.value();
  const Error error = same.error();
  if (means_unreadable(error.code())) co_return false;
  if (error.code() == ErrorCode::internal) std::rethrow_exception(same.exception());
  throw located(error, "write", *mount, path);
}

// `self` is touched only when the backend gives the content another path.
Task<bool> write_whole(MountPointer mount, std::string path, std::string version, Bytes data, WriteOptions options,
                       std::string* self) {
  if (!version.empty()) require_write(*mount, "write", path, version);
  if (options.skip_if_unchanged) {
    Task<bool> looking = unchanged(mount, path, data);
    if (co_await looking) co_return false;
  }
  require_write(*mount, "write", path);
  if (path.empty() && !mount->caps.content_addressed) {
    throw failure(ErrorCode::is_directory, "write", *mount, path, "the root of a mount is a directory");
  }
  try {
    Task<Entry> putting = store(mount, path, std::move(data), std::move(options.put));
    const Entry entry = co_await putting;
    if (entry.path != path) *self = entry.path;
  } catch (const Error& error) {
    throw located(error, "write", *mount, path);
  }
  co_return true;
}

Task<bool> write_any(MountPointer mount, std::string path, std::string version, Bytes data, WriteOptions options,
                     std::string* self) {
  auto* write = seals(*mount, options.encrypted) ? &write_sealed : &write_whole;
  return write(std::move(mount), std::move(path), std::move(version), std::move(data), std::move(options), self);
}

Task<bool> refuse_text(MountPointer mount, std::string path, std::size_t offset) {
  throw failure(ErrorCode::invalid_argument, "write", *mount, path,
                "not UTF-8 text: invalid byte at offset " + std::to_string(offset));
  co_return false;
}

Bytes adopt(std::string text) {
  constexpr std::size_t kWorthKeeping = 4096;
  if (text.size() < kWorthKeeping) return Bytes::copy_of(std::string_view(text));
  auto* kept = new std::string(std::move(text));
  return Bytes::view_of(std::as_bytes(std::span(*kept)), kept,
                        [](void* string) noexcept { delete static_cast<std::string*>(string); });
}

}  // namespace

Task<bool> Node::write_bytes(Bytes data, WriteOptions options) {
  return write_any(place(), path_, version_, std::move(data), std::move(options), &path_);
}

bool Node::write_at_once(const Bytes& data) const {
  if (!plain() || path_.empty() || mount_->permission < Permission::readwrite || seals(*mount_, {})) return false;
  return mount_->backend->put_at_once(path_, data, true);
}

Task<bool> Node::write_text(std::string text, WriteOptions options) {
  const std::size_t bad = find_invalid_utf8(text);
  if (bad != std::string::npos) return refuse_text(place(), path_, bad);
  return write_any(place(), path_, version_, adopt(std::move(text)), std::move(options), &path_);
}

}  // namespace genro::storage

// A node's questions: each is one stat of the backend.
#include "genro/storage/node.h"

#include "core/unix_seconds.h"
#include "node/guard.h"
#include "node/snapshot.h"
#include "node/stored_content.h"

namespace genro::storage {
namespace {

// The predicates never fail for a path that cannot exist: that is a "no".
template <bool (*kAnswer)(const Entry&)>
Task<bool> ask(MountPointer mount, std::string path) {
  Task<std::optional<Entry>> look = mount->backend->stat(path);
  Result<std::optional<Entry>> found = co_await look.as_result();
  if (found.ok()) co_return found.value() && kAnswer(*found.value());
  const Error error = found.error();
  if (error.code() == ErrorCode::internal) std::rethrow_exception(found.exception());
  // A mount without versions has no such snapshot.
  if (means_absent(error.code()) || (mount->snapshot && error.code() == ErrorCode::unsupported)) co_return false;
  throw located(error, "stat", *mount, path);
}

bool any(const Entry&) { return true; }
bool file(const Entry& entry) { return entry.is_file(); }
bool directory(const Entry& entry) { return entry.is_directory(); }

Task<std::optional<Entry>> look_at(MountPointer mount, std::string path) {
  try {
    Task<std::optional<Entry>> look = mount->backend->stat(path);
    co_return co_await look;
  } catch (const Error& error) {
    throw located(error, "stat", *mount, path);
  }
}

/// What to say of a path with nothing there. A path that would be a content knows better what is wrong with it.
Task<void> explain_absence(MountPointer mount, std::string path, std::string_view operation) {
  if (mount->caps.content_addressed) {
    try {
      Task<std::unique_ptr<Reader>> opening = mount->backend->read(path, {});
      co_await opening;
    } catch (const Error& error) {
      throw failure(error.code(), operation, *mount, path, error.message());
    }
  }
  throw failure(ErrorCode::not_found, operation, *mount, path, "File not found: " + mount->address(path));
}

Task<Entry> require_entry(MountPointer mount, std::string path, std::string_view operation) {
  if (mount->snapshot) {
    Task<MountPointer> pinning = pinned(mount, path);
    mount = co_await pinning;
  }
  Task<std::optional<Entry>> look = look_at(mount, path);
  std::optional<Entry> entry = co_await look;
  if (!entry) {
    Task<void> explaining = explain_absence(mount, path, operation);
    co_await explaining;
  }
  co_return std::move(*entry);
}

Task<std::uint64_t> size_of(MountPointer mount, std::string path) {
  Task<Entry> looking = require_entry(mount, path, "size");
  const Entry entry = co_await looking;
  if (entry.is_directory()) {
    throw failure(ErrorCode::invalid_argument, "size", *mount, path, "a directory has no size");
  }
  co_return entry.size;
}

Task<double> mtime_of(MountPointer mount, std::string path) {
  Task<Entry> looking = require_entry(mount, path, "mtime");
  const Entry entry = co_await looking;
  // A folder that only keys below it imply has no time of its own.
  co_return entry.mtime_ns == Entry::kNoTime ? 0.0 : unix_seconds(entry.mtime_ns);
}

Task<ExtAttributes> attributes_of(MountPointer mount, std::string path) {
  Task<std::optional<Entry>> looking = look_at(mount, path);
  Result<std::optional<Entry>> looked = co_await looking.as_result();
  ExtAttributes result;
  if (!looked.ok() &&
      (means_absent(looked.error().code()) || (mount->snapshot && looked.error().code() == ErrorCode::unsupported))) {
    co_return result;
  }
  const std::optional<Entry> entry = std::move(looked).take();
  if (!entry) co_return result;
  result.is_dir = entry->is_directory();
  if (entry->mtime_ns != Entry::kNoTime) result.mtime = unix_seconds(entry->mtime_ns);
  if (!result.is_dir) result.size = entry->size;
  co_return result;
}

Task<std::string> md5_of(MountPointer mount, std::string path) {
  if (mount->snapshot) {
    Task<MountPointer> pinning = pinned(mount, path);
    mount = co_await pinning;
  }
  Task<Entry> looking = require_entry(mount, path, "md5hash");
  const Entry entry = co_await looking;
  if (!entry.is_file()) {
    throw failure(ErrorCode::invalid_argument, "md5hash", *mount, path,
                  "Cannot compute hash of directory: " + mount->address(path));
  }
  if (!entry.md5.empty()) co_return entry.md5;
  Task<std::string> hashing = md5_of_content(mount, path);
  co_return co_await hashing;
}

Task<std::string> md5_of_virtual(MountPointer mount) {
  throw failure(ErrorCode::not_found, "md5hash", *mount, {}, "File not found: " + mount->address({}));
  co_return std::string();
}

}  // namespace

Task<bool> Node::exists() const { return is_virtual() ? ready(false) : ask<any>(mount_or_detached(), path_); }
Task<bool> Node::is_file() const { return ask<file>(mount_or_detached(), path_); }
Task<bool> Node::is_dir() const { return ask<directory>(mount_or_detached(), path_); }
Task<std::uint64_t> Node::size() const { return size_of(mount_or_detached(), path_); }
Task<double> Node::mtime() const { return mtime_of(mount_or_detached(), path_); }
Task<std::string> Node::md5hash() const {
  return is_virtual() ? md5_of_virtual(mount_or_detached()) : md5_of(mount_or_detached(), path_);
}
Task<ExtAttributes> Node::ext_attributes() const {
  return is_virtual() ? ready(ExtAttributes()) : attributes_of(mount_or_detached(), path_);
}
Task<std::optional<Entry>> Node::stat() const { return look_at(mount_or_detached(), path_); }
std::optional<StatLite> Node::try_stat() const {
  if (!plain()) return std::nullopt;
  ImmediateIo* const io = mount_->backend->immediate();
  return io ? io->try_stat(path_, true) : std::nullopt;
}

}  // namespace genro::storage

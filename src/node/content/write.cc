// Writing whole contents. The order of refusals: virtual node, snapshot, skip test, encryption (domain, keys), permission,
// capability, backend. So writing what is there already is no failure on a read-only mount, a missing key is told before
// such a mount, and nothing is written without one.
#include <utility>

#include "genro/storage/node.h"
#include "node/content/unchanged.h"
#include "node/encryption/encryption.h"
#include "node/guard.h"
#include "node/stored_content.h"
#include "text/utf8.h"

namespace genro::storage {
namespace {

/// `self` is touched only when the backend gives the content another path.
Task<bool> write_whole(MountPointer mount, std::string path, Bytes content, WriteOptions options, std::string* self) {
  require_changeable(*mount, "write", path);
  const std::optional<EncryptionPlan> encryption = plan_for(*mount, options.encrypted);
  if (options.skip_if_unchanged) {
    Task<bool> looking = is_unchanged(mount, path, content, encryption);
    if (co_await looking) co_return false;
  }
  require_keys(*mount, encryption, "write", path);
  require_write(*mount, "write", path);
  if (path.empty() && !mount->caps.content_addressed) {
    throw failure(ErrorCode::is_directory, "write", *mount, path, "the root of a mount is a directory");
  }
  try {
    if (encryption) {
      Task<Bytes> encrypting = encrypt_content(mount, *encryption, std::move(content));
      content = co_await encrypting;
    }
    Task<Entry> putting = store(mount, path, std::move(content), std::move(options.put));
    Entry entry = co_await putting;
    if (entry.path != path) *self = std::move(entry.path);
  } catch (const Error& error) {
    throw located(error, "write", *mount, path);
  }
  co_return true;
}

/// What is stored encrypted has no media type that a reader could use.
void add_type(const Node& node, WriteOptions& options) {
  if (!options.put.content_type.empty() || !node.mount() || encrypts(*node.mount(), options.encrypted)) return;
  options.put.content_type = stored_type(node);
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
  add_type(*this, options);
  return write_whole(mount_or_detached(), path_, std::move(data), std::move(options), &path_);
}

bool Node::try_write(const Bytes& data) const {
  if (!plain() || path_.empty() || mount_->permission < Permission::readwrite || encrypts(*mount_, {})) return false;
  ImmediateIo* const io = mount_->backend->immediate();
  return io && io->try_put(path_, data, true);
}

Task<bool> Node::write_text(std::string text, WriteOptions options) {
  const std::size_t bad = find_invalid_utf8(text);
  if (bad != std::string::npos) return refuse_text(mount_or_detached(), path_, bad);
  add_type(*this, options);
  return write_whole(mount_or_detached(), path_, adopt(std::move(text)), std::move(options), &path_);
}

}  // namespace genro::storage

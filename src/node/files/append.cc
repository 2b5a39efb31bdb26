#include <utility>

#include "genro/storage/file.h"
#include "genro/storage/node.h"
#include "node/encryption/encryption.h"
#include "node/files/file_stream.h"
#include "node/guard.h"
#include "node/stored_content.h"

namespace genro::storage {
namespace {

constexpr int kTries = 5;  // when others change the file at the same time

// Where the backend cannot append, or what is there is encrypted as a whole, the file is written again, under the condition
// that it is still the same.
Task<void> rewrite_with(MountPointer mount, std::string path, Bytes data, std::string type,
                        std::optional<EncryptionPlan> encryption) {
  OpenMode mode;
  mode.kind = OpenMode::Kind::append;
  for (int attempt = 1;; ++attempt) {
    Task<std::unique_ptr<File::Stream>> opening =
        encryption ? open_to_update(mount, path, mode, type, encryption) : open_to_write(mount, path, mode, type);
    const std::unique_ptr<File::Stream> stream = co_await opening;
    Task<void> writing = stream->write(data);
    co_await writing;
    Task<Entry> committing = stream->commit();
    Result<Entry> committed = co_await committing.as_result();
    if (committed.ok()) co_return;
    if (committed.error().code() != ErrorCode::precondition_failed || attempt == kTries)
      std::rethrow_exception(committed.exception());
  }
}

// A path that is the content becomes another one, which `self` then has.
Task<void> append_to_content(MountPointer mount, std::string path, Bytes data, std::optional<EncryptionPlan> encryption,
                             std::string* self) {
  std::vector<Bytes> pieces;
  Task<std::optional<Entry>> looking = mount->backend->stat(path);
  const std::optional<Entry> there = co_await looking;
  if (there) {
    Task<std::unique_ptr<Reader>> opening =
        encryption ? open_plaintext(mount, path, {}) : mount->backend->read(path, {});
    const std::unique_ptr<Reader> reader = co_await opening;
    Task<Bytes> reading = reader->read_all();
    Bytes old = co_await reading;
    pieces.push_back(std::move(old));
  }
  pieces.push_back(std::move(data));
  Body content(std::move(pieces));
  if (encryption) {
    Task<Bytes> encrypting = encrypt_content(mount, *encryption, content.flatten());
    content = co_await encrypting;
  }
  Task<Entry> putting = mount->backend->put(path, std::move(content), {});
  const Entry entry = co_await putting;
  *self = entry.path;
}

Task<void> append_to(MountPointer mount, std::string path, Bytes data, std::string type, std::string* self) {
  require_write(*mount, "append", path);
  require_keys(*mount, plan_for(*mount, {}), "append", path);
  try {
    std::optional<EncryptionPlan> encryption;
    if (may_encrypt(*mount)) {  // plain text behind an envelope could never be read again
      Task<std::optional<EncryptionPlan>> looking = plan_for_change(mount, path);
      encryption = co_await looking;
    }
    if (mount->caps.content_addressed) {
      Task<void> appending = append_to_content(mount, path, std::move(data), std::move(encryption), self);
      co_await appending;
      co_return;
    }
    Task<void> appending = mount->caps.append && !encryption
                               ? mount->backend->append(path, Body(std::move(data)))
                               : rewrite_with(mount, path, std::move(data), std::move(type), std::move(encryption));
    co_await appending;
  } catch (const Error& error) {
    throw located(error, "append", *mount, path);
  }
}

}  // namespace

Task<void> Node::append(Bytes data) {
  return append_to(mount_or_detached(), path_, std::move(data), stored_type(*this), &path_);
}

}  // namespace genro::storage

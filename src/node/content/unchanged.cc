#include "node/content/unchanged.h"

#include <memory>
#include <utility>

#include "node/encryption/envelope.h"
#include "node/guard.h"
#include "node/stored_content.h"

namespace genro::storage {
namespace {

Task<bool> holds_plain(MountPointer mount, std::string path, Bytes content) {
  Task<std::optional<Entry>> look = mount->backend->stat(path);
  const std::optional<Entry> entry = co_await look;
  if (!entry || !entry->is_file() || entry->size != content.size()) co_return false;
  // With versions the stored MD5 decides, so that an identical write costs one request and adds no version.
  const std::string& stored = mount->caps.versions && entry->md5.empty() ? entry->etag : entry->md5;
  if (mount->caps.versions && stored.size() == 32) {
    Task<std::string> summing = md5_of(std::move(content));
    const std::string md5 = co_await summing;
    co_return md5 == stored;
  }
  ReadOptions options;
  options.if_match = entry->etag;
  Task<std::unique_ptr<Reader>> opening = mount->backend->read(path, std::move(options));
  std::unique_ptr<Reader> reader = co_await opening;
  Task<bool> comparing = holds(std::move(reader), content);
  co_return co_await comparing;
}

Task<bool> holds_encrypted(MountPointer mount, std::string path, Bytes content, std::string domain) {
  Task<std::optional<Entry>> looking = mount->backend->stat(path);
  const std::optional<Entry> entry = co_await looking;
  // The size already tells most differences, and nothing is fetched then.
  if (!entry || !entry->is_file() || entry->size != envelope_size(domain, content.size())) co_return false;
  ReadOptions options;
  options.if_match = entry->etag;
  Task<Bytes> reading = read_stored(mount, path, std::move(options));
  Bytes stored = co_await reading;
  const std::optional<EnvelopeHeader> header = envelope_header(stored.view());
  if (!header || header->domain != domain) co_return false;
  Task<Bytes> decrypting = decrypt_content(mount, std::move(stored));
  const Bytes there = co_await decrypting;
  co_return there == content;
}

}  // namespace

Task<bool> is_unchanged(MountPointer mount, std::string path, Bytes content, std::optional<EncryptionPlan> encryption) {
  Task<bool> comparing = encryption ? holds_encrypted(mount, path, std::move(content), std::move(encryption->domain))
                                    : holds_plain(mount, path, std::move(content));
  Result<bool> same = co_await comparing.as_result();
  if (same.ok()) co_return same.value();
  const Error error = same.error();
  if (means_unreadable(error.code())) co_return false;
  if (error.code() == ErrorCode::internal) std::rethrow_exception(same.exception());
  throw located(error, "write", *mount, path);
}

}  // namespace genro::storage

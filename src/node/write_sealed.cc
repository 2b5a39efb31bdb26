// Writing content that is stored encrypted. The order of refusals: snapshot, skip test, encryption (domain, keys), permission,
// capability, backend: a missing key is told before a read-only mount, and nothing is written without one.
#include <utility>

#include "genro/storage/node.h"
#include "node/content.h"
#include "node/encryption.h"
#include "node/envelope.h"
#include "node/guard.h"

namespace genro::storage {
namespace {

/// Whether an envelope of this domain with this content is there.
Task<bool> sealed_already(MountPointer mount, std::string path, std::string domain, Bytes plain) {
  if (mount->caps.content_addressed) co_return false;
  Task<std::optional<Entry>> looking = mount->backend->stat(path);
  const std::optional<Entry> entry = co_await looking;
  // The size already tells most differences, and nothing is fetched then.
  if (!entry || !entry->is_file() || entry->size != envelope_size(domain, plain.size())) co_return false;
  ReadOptions options;
  options.if_match = entry->etag;
  Task<Bytes> reading = read_stored(mount, path, std::move(options));
  Bytes stored = co_await reading;
  const std::optional<EnvelopeHeader> header = envelope_header(stored.view());
  if (!header || header->domain != domain) co_return false;
  Task<Bytes> revealing = reveal(mount, std::move(stored));
  const Bytes there = co_await revealing;
  co_return there == plain;
}

Task<bool> unchanged(MountPointer mount, std::string path, std::string domain, Bytes plain) {
  Task<bool> comparing = sealed_already(mount, path, std::move(domain), std::move(plain));
  Result<bool> same = co_await comparing.as_result();
  if (same.ok()) co_return same.value();
  const Error error = same.error();
  if (means_unreadable(error.code())) co_return false;
  if (error.code() == ErrorCode::internal) std::rethrow_exception(same.exception());
  throw located(error, "write", *mount, path);
}

}  // namespace

Task<bool> write_sealed(MountPointer mount, std::string path, std::string version, Bytes plain, WriteOptions options,
                        std::string* self) {
  if (mount->snapshot || mount->content || !mount->keys) require_write(*mount, "write", path, version);
  const KeySetPointer keys = keys_of(*mount);
  const std::string domain = domain_of(*mount, options.encrypted, *keys);
  if (options.skip_if_unchanged) {
    Task<bool> looking = unchanged(mount, path, domain, plain);
    if (co_await looking) co_return false;
  }
  try {
    keys->require(domain);
    require_write(*mount, "write", path);
    if (path.empty() && !mount->caps.content_addressed) {
      throw Error(ErrorCode::is_directory, "the root of a mount is a directory");
    }
    Task<Bytes> sealing = seal_content(mount, keys, domain, std::move(plain));
    Bytes sealed = co_await sealing;
    Task<Entry> putting = store(mount, path, std::move(sealed), std::move(options.put));
    const Entry entry = co_await putting;
    if (entry.path != path) *self = entry.path;
  } catch (const Error& error) {
    throw located(error, "write", *mount, path);
  }
  co_return true;
}

}  // namespace genro::storage

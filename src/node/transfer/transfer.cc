#include "node/transfer/transfer.h"

#include <utility>

#include "backend/kept.h"
#include "backend/reader.h"
#include "backend/saving.h"
#include "backend/writer.h"
#include "core/path.h"
#include "loop/offload.h"
#include "node/encryption/encryption.h"
#include "node/guard.h"
#include "node/snapshot.h"
#include "node/stored_content.h"
#include "text/mimetype.h"

namespace genro::storage {
namespace {

// Contents up to this size are kept in one piece; larger ones go through a writer in pieces.
constexpr std::uint64_t kOnePiece = 1 << 20;

/// With what belongs to the content, without what means something to its own store alone.
std::shared_ptr<const Metadata> for_another_store(std::shared_ptr<const Metadata> metadata) {
  const Metadata* kept = kept_with(metadata);
  if (!kept) return metadata;
  Metadata common = *kept;
  std::erase_if(common, [](const auto& header) {
    return header.first.starts_with("x-amz-") || header.first.starts_with("x-goog-");
  });
  return with_kept(*metadata, std::move(common));
}

PutOptions options_for(const Entry& source, const Location& to) {
  PutOptions options;
  options.content_type = source.content_type;
  if (to.mount->caps.metadata) {
    options.metadata = for_another_store(source.metadata);
    // The other side keeps a media type, which this one may never have had.
    if (options.content_type.empty()) options.content_type = mimetype_of(path::name(to.path));
  }
  if (source.mode != 0) {  // from a file system: its times and bits stay where the target has such
    options.mode = source.mode;
    options.mtime_ns = source.mtime_ns;
  }
  return options;
}

/// With its metadata, where the target keeps such.
Task<Entry> described_for(const Location& to, const Location& from, Entry source) {
  return to.mount->caps.metadata ? described(from.mount, from.path, std::move(source)) : ready(std::move(source));
}

Task<Entry> copy_inside(Location from, Location to, std::string version) {
  try {
    PutOptions options;
    options.source_version = std::move(version);
    Task<Entry> copying = to.mount->base_backend->copy(from.path_in_base(), to.path_in_base(), std::move(options));
    Entry entry = co_await copying;
    entry.path = to.path;  // the base backend names it from its own root
    co_return entry;
  } catch (const Error& error) {
    throw located(error, "copy", *from.mount, from.path);
  }
}

/// The target's store when it can copy from the source's on their server, else null.
ServerCopy* server_of(const Mount& source, const Mount& target) {
  if (!source.caps.copy || !target.caps.copy) return nullptr;
  ServerCopy* const server = target.base_backend->server_copy();
  return server && server->reaches(*source.base_backend) ? server : nullptr;
}

/// What a server will not do between two places of it, while each of them may be read and written.
bool means_stream_instead(ErrorCode code) noexcept {
  return code == ErrorCode::invalid_argument || code == ErrorCode::unsupported || code == ErrorCode::permission_denied;
}

Task<Entry> put_at(Location to, Body body, PutOptions options) {
  try {
    Task<Entry> putting = store(to.mount, to.path, std::move(body), std::move(options));
    co_return co_await putting;
  } catch (const Error& error) {
    throw located(error, "copy", *to.mount, to.path);
  }
}

/// Straight into the file that becomes the target.
Task<Entry> save_staged(std::unique_ptr<Reader> reader, Location to, PutOptions options) {
  Task<std::unique_ptr<StagedFile>> staging = to.mount->backend->stage(to.path, std::move(options));
  std::unique_ptr<StagedFile> staged = co_await staging;
  OpenFileSink file(*to.mount->files, staged->descriptor());
  Task<std::uint64_t> saving = reader->save(file);
  const Result<std::uint64_t> saved = co_await saving.as_result();
  if (!saved.ok()) {
    auto dropping = offload([&staged] { staged.reset(); });
    co_await dropping;
    std::rethrow_exception(saved.exception());
  }
  Task<Entry> committing = staged->commit();
  co_return co_await committing;
}

Task<Entry> stream_through(std::unique_ptr<Reader> reader, Location to, PutOptions options) {
  Writer writer(to.mount->backend, to.path, std::move(options), to.mount->files);
  Task<std::uint64_t> streaming = copy_stream(*reader, writer);
  const Result<std::uint64_t> streamed = co_await streaming.as_result();
  if (!streamed.ok()) {
    Task<void> ending = writer.abort();
    co_await ending;
    std::rethrow_exception(streamed.exception());
  }
  Task<Entry> committing = writer.commit();
  co_return co_await committing;
}

Task<Entry> carry(std::unique_ptr<Reader> reader, Location from, Location to) {
  Task<Entry> describing = described_for(to, from, reader->entry());
  const Entry source = co_await describing;
  PutOptions options = options_for(source, to);
  if (std::optional<FileSpan> span = reader->file_span()) {
    Task<Entry> putting = put_at(std::move(to), Body(std::move(*span)), std::move(options));
    co_return co_await putting;
  }
  // A path that is the content needs all of it; in memory it is in one piece already.
  const bool whole = to.mount->caps.content_addressed || from.mount->caps.temporary || reader->size() <= kOnePiece;
  if (!whole) {
    try {
      Task<Entry> streaming = to.mount->caps.stage ? save_staged(std::move(reader), to, std::move(options))
                                                   : stream_through(std::move(reader), to, std::move(options));
      co_return co_await streaming;
    } catch (const Error& error) {
      throw located(error, "copy", *to.mount, to.path);
    }
  }
  Bytes content;
  try {
    Task<Bytes> reading = reader->read_all();
    content = co_await reading;
    require_all(*reader, content.size());
  } catch (const Error& error) {
    throw located(error, "copy", *from.mount, from.path);
  }
  Task<Entry> putting = put_at(std::move(to), Body(std::move(content)), std::move(options));
  co_return co_await putting;
}

Task<Entry> carry_checked(std::unique_ptr<Reader> reader, Location from, Location to) {
  const std::string md5 = reader->entry().md5;  // of what is being read, which may be newer than any listing
  Task<Entry> carrying = carry(std::move(reader), from, to);
  Entry entry = co_await carrying;
  if (!md5.empty() && !entry.md5.empty() && md5 != entry.md5) {
    throw failure(ErrorCode::corrupt, "copy", *to.mount, to.path, "the copy has another MD5 than " + from.address());
  }
  co_return entry;
}

Task<Entry> copy_across(Location from, Location to) {
  Task<std::unique_ptr<Reader>> opening = open_content(from.mount, from.path, {});
  std::unique_ptr<Reader> reader = co_await opening;
  Task<Entry> carrying = carry_checked(std::move(reader), std::move(from), std::move(to));
  co_return co_await carrying;
}

Task<Bytes> read_to_encrypt(Reader& reader, Location from) {
  try {
    Task<Bytes> reading = reader.read_all();
    Bytes content = co_await reading;
    require_all(reader, content.size());
    co_return content;
  } catch (const Error& error) {
    throw located(error, "copy", *from.mount, from.path);
  }
}

/// To a mount that encrypts: what is encrypted already goes as it is, no key needed; plaintext never gets there.
Task<CopyOfFile> copy_encrypted(Location from, Location to, EncryptionPlan encryption) {
  Task<std::unique_ptr<Reader>> opening = open_content(from.mount, from.path, {});
  std::unique_ptr<Reader> reader = co_await opening;
  Task<PeekedReader> looking = peeked(std::move(reader));
  PeekedReader source = co_await looking;
  if (source.domain) {
    Task<Entry> carrying = carry_checked(std::move(source.reader), from, to);
    Entry entry = co_await carrying;
    const std::uint64_t size = entry.size;
    co_return CopyOfFile{std::move(entry), size};
  }
  require_keys(*to.mount, encryption, "copy", to.path);
  Task<Entry> describing = described_for(to, from, source.reader->entry());
  const Entry entry_of_source = co_await describing;
  PutOptions options = options_for(entry_of_source, to);
  if (options.metadata) options.metadata = std::make_shared<const Metadata>(*options.metadata);
  options.content_type.clear();  // as any write that encrypts: no reader could use it, or the encoding
  Task<Bytes> reading = read_to_encrypt(*source.reader, from);
  Bytes content = co_await reading;
  const std::uint64_t size = content.size();
  Task<Bytes> encrypting = encrypt_content(to.mount, std::move(encryption), std::move(content));
  Bytes envelope = co_await encrypting;
  Task<Entry> putting = put_at(to, Body(std::move(envelope)), std::move(options));
  Entry entry = co_await putting;
  co_return CopyOfFile{std::move(entry), size};
}

Task<Entry> copy_on_server(ServerCopy* server, Location from, Location to) {
  const MountPointer live = live_mount(from.mount);
  PutOptions options;
  if (from.mount->snapshot) options.source_version = from.mount->snapshot->selector.id();
  Task<Entry> copying =
      server->copy_from(live->base_backend, from.path_in_base(), to.path_in_base(), std::move(options));
  Result<Entry> copied = co_await copying.as_result();
  if (copied.ok()) {
    Entry entry = std::move(copied).take();
    entry.path = to.path;  // the base backend names it from its own root
    co_return entry;
  }
  const Error error = copied.error();
  if (error.code() == ErrorCode::internal) std::rethrow_exception(copied.exception());
  if (!means_stream_instead(error.code())) throw located(error, "copy", *from.mount, from.path);
  Task<Entry> streaming = copy_across(std::move(from), std::move(to));
  co_return co_await streaming;
}

/// A version becomes current content again. Not every server takes an object's own version as the source of a copy.
Task<Entry> copy_version(Location from, Location to) {
  const Snapshot& snapshot = *from.mount->snapshot;
  Task<Entry> copying = copy_inside({snapshot.live, from.path}, to, snapshot.selector.id());
  Result<Entry> copied = co_await copying.as_result();
  const ErrorCode code = copied.ok() ? ErrorCode::internal : copied.error().code();
  if (copied.ok() || (code != ErrorCode::invalid_argument && code != ErrorCode::unsupported)) {
    co_return std::move(copied).take();
  }
  Task<Entry> streaming = copy_across(std::move(from), std::move(to));
  co_return co_await streaming;
}

}  // namespace

BulkTransfer* bulk_between(const Mount& source, const Mount& target) {
  BulkTransfer* const bulk = encrypts(target, {}) ? nullptr : target.base_backend->bulk();
  return bulk && bulk->takes_from(*source.base_backend) ? bulk : nullptr;
}

namespace {
Task<Entry> copy_stored(Location from, Location to) {
  const bool inside = to.mount->caps.copy && one_store(*live_mount(from.mount), *to.mount);
  const bool version = inside && from.mount->snapshot;
  if (inside) return version ? copy_version(from, to) : copy_inside(from, to, {});
  ServerCopy* const server = server_of(*live_mount(from.mount), *to.mount);
  return server ? copy_on_server(server, from, to) : copy_across(from, to);
}
}  // namespace

Task<CopyOfFile> copy_file(Location from, Location to) {
  if (std::optional<EncryptionPlan> encryption = plan_for(*to.mount, {})) {
    Task<CopyOfFile> encrypted = copy_encrypted(std::move(from), std::move(to), std::move(*encryption));
    co_return co_await encrypted;
  }
  Task<Entry> copying = copy_stored(std::move(from), std::move(to));
  Entry entry = co_await copying;
  const std::uint64_t size = entry.size;
  co_return CopyOfFile{std::move(entry), size};
}

Task<void> require_arrived(Location from, Location to, Entry made) {
  const Mount& source = *live_mount(from.mount);
  const bool by_store = to.mount->caps.remote && !plan_for(*to.mount, {}) &&
                        ((to.mount->caps.copy && one_store(source, *to.mount)) || server_of(source, *to.mount));
  if (!by_store) co_return;
  Task<std::optional<Entry>> looking = to.mount->backend->stat(to.path);
  const std::optional<Entry> there = co_await looking;
  const auto differ = [](const std::string& a, const std::string& b) { return !a.empty() && !b.empty() && a != b; };
  if (!there || !there->is_file()) {
    throw failure(ErrorCode::corrupt, "move", *to.mount, to.path, "the copy is not there: the source stays");
  }
  if (there->size != made.size || differ(there->md5, made.md5) || differ(there->etag, made.etag)) {
    throw failure(ErrorCode::corrupt, "move", *to.mount, to.path,
                  "the copy was changed by somebody else: the source was kept");
  }
}

}  // namespace genro::storage

#include "genro/storage/file.h"

#include <algorithm>
#include <utility>

#include "genro/storage/node.h"
#include "node/files/file_stream.h"
#include "node/guard.h"
#include "node/snapshot.h"
#include "node/stored_content.h"

namespace genro::storage {

Error File::Stream::refusal(const char* what) const {
  return failure(open ? ErrorCode::unsupported : ErrorCode::invalid_argument, what, *mount, path,
                 open ? "the file is not open for this" : "the file is closed");
}

Error File::Stream::no_descriptor() const {
  return failure(ErrorCode::unsupported, "fileno", *mount, path, "no file of the system is behind it");
}

Error File::Stream::explained(const Error& error, const char* what) const {
  if (creates && error.code() == ErrorCode::precondition_failed) {
    return failure(ErrorCode::already_exists, what, *mount, path, "somebody else created the file meanwhile");
  }
  return located(error, what, *mount, path);
}

std::uint64_t File::Stream::target_of(std::int64_t offset, int whence, std::uint64_t here, std::uint64_t end) const {
  if (whence < 0 || whence > 2)
    throw failure(ErrorCode::invalid_argument, "seek", *mount, path, "whence must be 0, 1 or 2");
  const std::uint64_t base = whence == 0 ? 0 : whence == 1 ? here : end;
  if (offset < 0 && base < 0 - static_cast<std::uint64_t>(offset)) {
    throw failure(ErrorCode::invalid_argument, "seek", *mount, path, "a position before the start of the file");
  }
  return base + static_cast<std::uint64_t>(offset);
}

Task<std::size_t> File::Stream::read_into(std::span<std::byte>) {
  throw refusal("read");
  co_return 0;
}

Task<Bytes> File::Stream::read(std::uint64_t wanted) {
  if (!readable()) throw refusal("read");
  Task<std::uint64_t> measuring = size();
  const std::uint64_t end = co_await measuring;
  Attempt attempt(*this);
  const std::uint64_t left = end > tell() ? end - tell() : 0;
  BytesBuffer buffer(static_cast<std::size_t>(std::min(wanted, left)));
  std::size_t filled = 0;
  while (filled < buffer.capacity()) {
    Task<std::size_t> reading = read_into(buffer.span().subspan(filled));
    const std::size_t got = co_await reading;
    if (got == 0) break;
    filled += got;
  }
  attempt.succeeded();
  co_return std::move(buffer).freeze(filled);
}

Task<Bytes> File::Stream::read_all() {
  Task<Bytes> reading = read(UINT64_MAX);
  co_return co_await reading;
}

Task<void> File::Stream::write(Bytes) {
  throw refusal("write");
  co_return;
}
Task<std::uint64_t> File::Stream::seek(std::int64_t, int) {
  throw refusal("seek");
  co_return 0;
}
Task<std::uint64_t> File::Stream::truncate(std::uint64_t) {
  throw refusal("truncate");
  co_return 0;
}

Task<int> File::Stream::descriptor() {
  throw no_descriptor();
  co_return -1;
}

namespace {

using StreamPointer = std::shared_ptr<File::Stream>;

enum class Kind : unsigned char { question, reading, change };

/// Waits for the turn. A change that never had one is missing from what comes after it.
Task<void> in_line(StreamPointer stream, const char* operation, Kind kind) {
  Task<void> waiting = stream->turns.take();
  const Result<void> come = co_await waiting.as_result();
  if (come.ok()) co_return;
  if (kind == Kind::change) stream->broken = true;
  throw stream->explained(come.error(), operation);
}

/// Runs a stream's task when its turn has come, unless the file is closed; errors get the address of the file.
template <class T>
Task<T> on_stream(StreamPointer stream, Task<T> task, const char* operation, Kind kind = Kind::question) {
  if (!stream->turns.try_take()) {
    Task<void> waiting = in_line(stream, operation, kind);
    co_await waiting;
  }
  const Turn turn(stream->turns);
  if (!stream->open) throw stream->refusal(operation);
  if (kind == Kind::reading && stream->corrupt) throw Error(*stream->corrupt);
  try {
    if constexpr (std::is_void_v<T>) {
      co_await task;
    } else {
      co_return co_await task;
    }
  } catch (const Error& error) {
    Error explained = stream->explained(error, operation);
    if (error.code() == ErrorCode::corrupt) stream->corrupt = explained;
    throw explained;
  }
}

Task<Entry> commit(StreamPointer stream) {
  if (stream->broken && stream->writable()) {
    Task<void> discarding = stream->discard();
    co_await discarding;
    throw Error(ErrorCode::invalid_argument, "an earlier write failed or was cancelled: nothing is stored");
  }
  Task<Entry> committing = stream->commit();
  co_return co_await committing;
}

Task<Entry> close_stream(StreamPointer stream) {
  if (!stream->turns.try_take()) {
    Task<void> waiting = in_line(stream, "close", Kind::question);
    co_await waiting;
  }
  const Turn turn(stream->turns);
  if (!stream->open.exchange(false)) co_return Entry();
  try {
    Task<Entry> committing = commit(stream);
    co_return co_await committing;
  } catch (const Error& error) {
    throw stream->explained(error, "close");
  }
}

Task<void> abort_stream(StreamPointer stream) {
  if (!stream->turns.try_take()) {
    Task<void> waiting = in_line(stream, "abort", Kind::question);
    co_await waiting;
  }
  const Turn turn(stream->turns);
  if (!stream->open.exchange(false)) co_return;
  Task<void> discarding = stream->discard();
  co_await discarding;
}

}  // namespace

File::File(std::shared_ptr<Stream> stream) : stream_(std::move(stream)) {}
File::File(File&&) noexcept = default;
File& File::operator=(File&&) noexcept = default;
File::~File() = default;

Task<std::size_t> File::read_into(std::span<std::byte> target) {
  return on_stream(stream_, stream_->read_into(target), "read", Kind::reading);
}
Task<Bytes> File::read(std::uint64_t size) { return on_stream(stream_, stream_->read(size), "read", Kind::reading); }
Task<Bytes> File::read_all() { return on_stream(stream_, stream_->read_all(), "read", Kind::reading); }
Task<void> File::write(Bytes data) {
  return on_stream(stream_, stream_->write(std::move(data)), "write", Kind::change);
}
Task<std::uint64_t> File::seek(std::int64_t offset, int whence) {
  return on_stream(stream_, stream_->seek(offset, whence), "seek");
}
std::uint64_t File::tell() const noexcept { return stream_->tell(); }
Task<std::uint64_t> File::truncate(std::uint64_t size) {
  return on_stream(stream_, stream_->truncate(size), "truncate", Kind::change);
}
Task<std::uint64_t> File::size() { return on_stream(stream_, stream_->size(), "size"); }
Task<int> File::descriptor() { return on_stream(stream_, stream_->descriptor(), "fileno"); }
Task<Entry> File::close() { return close_stream(stream_); }
Task<void> File::abort() { return abort_stream(stream_); }
bool File::closed() const noexcept { return !stream_ || !stream_->open; }
bool File::readable() const noexcept { return stream_->readable(); }
bool File::writable() const noexcept { return stream_->writable(); }
bool File::seekable() const noexcept { return stream_->seekable(); }

namespace {

Task<File> open_file(MountPointer mount, std::string path, std::string text, std::string type) {
  const OpenMode mode = OpenMode::parse(text);
  if (mount->snapshot && mode.writes()) throw snapshot_refusal("open", *mount, path);
  try {
    std::unique_ptr<File::Stream> stream;
    if (!mode.writes()) {
      Task<std::unique_ptr<File::Stream>> opening = open_to_read(mount, path);
      stream = co_await opening;
    } else {
      require_write(*mount, "open", path);
      const bool appends = mode.kind == OpenMode::Kind::append && !mode.update;  // the others see what they load
      std::optional<EncryptionPlan> encryption = plan_for(*mount, {});
      require_keys(*mount, encryption, "open", path);
      if (!encryption && appends && may_encrypt(*mount)) {
        Task<std::optional<EncryptionPlan>> looking = plan_for_change(mount, path);
        encryption = co_await looking;
      }
      // Where parts go up as they come, only what was asked to be changed anywhere is held back until close.
      const bool streams = !mode.update && !appends_natively(*mount, mode) && !encryption;
      const bool in_order = streams && mount->caps.upload && !mount->caps.stage;
      Task<std::unique_ptr<File::Stream>> opening =
          in_order ? open_to_write(mount, path, mode, type)
                   : open_to_update(mount, path, mode, type, std::move(encryption));
      stream = co_await opening;
      stream->creates = mode.kind == OpenMode::Kind::create;
    }
    co_return File(std::move(stream));
  } catch (const Error& error) {
    throw located(error, "open", *mount, path);
  }
}

/// The refusals in their order: what is asked of a snapshot, of a mount without versions, of an older content.
Task<File> open_version(MountPointer mount, std::string path, std::string text, VersionSelector version) {
  const OpenMode mode = OpenMode::parse(text);
  if (mount->snapshot) {
    throw failure(ErrorCode::invalid_argument, "open", *mount, path,
                  "the node is a versioned snapshot already: it has no versions of its own");
  }
  require_versions(*mount, path, version.to_string());
  if (mode.writes()) {
    throw failure(ErrorCode::invalid_argument, "open", *mount, path, "Cannot write to historical versions");
  }
  Task<File> opening = open_file(at_version(mount, std::move(version)), path, std::move(text), {});
  co_return co_await opening;
}

}  // namespace

Task<File> Node::open(std::string mode, VersionSelector version) const {
  if (version.current()) return open(std::move(mode));
  return open_version(mount_or_detached(), path_, std::move(mode), std::move(version));
}
Task<File> Node::open(std::string mode) const {
  return open_file(mount_or_detached(), path_, std::move(mode), stored_type(*this));
}

}  // namespace genro::storage

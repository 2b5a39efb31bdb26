// UpdateStream: a content that is changed in a buffer and put, or appended, whole at close; if somebody else changed the
// file meanwhile, that fails where the backend can tell. All modes but those of streams that go up as they come (WriteStream).
#include <algorithm>
#include <utility>

#include "backend/edit_buffer.h"
#include "backend/reader.h"
#include "node/files/file_stream.h"
#include "node/files/stream_position.h"
#include "node/guard.h"
#include "node/stored_content.h"

namespace genro::storage {
namespace {

constexpr std::uint64_t kAppendPiece = std::uint64_t{64} << 20;  // appends are kept in memory by some backends

class UpdateStream final : public File::Stream {
 public:
  /// `old_size`: of the file that native appends go to; what is written lies behind it.
  UpdateStream(MountPointer on, std::string at, OpenMode mode, bool appends, PutOptions options, std::uint64_t old_size,
               std::optional<EncryptionPlan> encryption)
      : Stream(std::move(on), std::move(at)),
        mode_(mode),
        appends_(appends),
        options_(std::move(options)),
        encryption_(std::move(encryption)),
        buffer_(encryption_ ? nullptr : mount->files, staged_maker()),
        before_(old_size),
        position_(old_size),
        changed_(mode.kind != OpenMode::Kind::read) {}

  bool readable() const noexcept override { return mode_.update; }
  bool writable() const noexcept override { return true; }
  bool seekable() const noexcept override { return true; }
  std::uint64_t tell() const noexcept override { return position_.get(); }
  Task<std::uint64_t> size() override { co_return before_ + buffer_.size(); }

  Task<std::size_t> read_into(std::span<std::byte> target) override {
    if (!mode_.update) throw refusal("read");
    const std::uint64_t from = position_.get();
    Task<std::size_t> reading = buffer_.read_at(from, target);
    const std::size_t got = co_await reading;
    position_.set(from + got);
    co_return got;
  }
  Task<void> write(Bytes data) override {
    const bool at_end = mode_.kind == OpenMode::Kind::append;
    const std::uint64_t from = at_end ? before_ + buffer_.size() : position_.get();
    const std::uint64_t size = data.size();
    Task<void> writing = whole_or_broken(buffer_.write_at(from - before_, std::move(data)));
    co_await writing;
    changed_ = changed_ || size > 0;
    position_.set(from + size);
  }
  Task<std::uint64_t> seek(std::int64_t offset, int whence) override {
    position_.set(target_of(offset, whence, position_.get(), before_ + buffer_.size()));
    co_return position_.get();
  }
  Task<std::uint64_t> truncate(std::uint64_t size) override {
    if (size < before_) throw refusal("truncate");
    Task<void> resizing = whole_or_broken(buffer_.resize(size - before_));
    co_await resizing;
    changed_ = true;
    co_return size;
  }
  Task<int> descriptor() override {
    Task<int> sharing = buffer_.share();
    const int shared = co_await sharing;
    if (shared < 0) throw no_descriptor();
    position_.follow(*mount->files, shared, before_);
    changed_ = true;  // what others write is not seen here
    co_return shared;
  }

  Task<Entry> commit() override {
    position_.unfollow();
    if (appends_) {
      Task<Entry> appending = commit_append();
      co_return co_await appending;
    }
    if (!changed_) {
      Entry same;
      same.path = path;
      co_return same;
    }
    if (const std::unique_ptr<StagedFile> staged = buffer_.take_staged()) {
      Task<Entry> committing = staged->commit();
      co_return co_await committing;
    }
    Body content = buffer_.take();
    if (encryption_) {
      Task<Bytes> encrypting = encrypt_content(mount, *encryption_, content.flatten());
      content = co_await encrypting;
    }
    Task<Entry> putting = store(mount, path, std::move(content), options_);
    co_return co_await putting;
  }
  Task<void> discard() override {
    position_.unfollow();
    return buffer_.drop();
  }
  void go_back(std::uint64_t position) noexcept override { position_.put_back(position); }

  Task<void> load(Reader& reader) {
    for (;;) {
      BytesBuffer buffer(kChunk);
      Task<std::size_t> filling = fill(reader, buffer.span());
      const std::size_t got = co_await filling;
      if (got == 0) co_return;
      Task<void> writing = buffer_.write_at(buffer_.size(), std::move(buffer).freeze(got));
      co_await writing;
    }
  }

 private:
  EditBuffer::MakeStaged staged_maker() {
    if (appends_ || encryption_ || !mount->caps.stage) return {};
    return [this] { return mount->backend->stage(path, options_); };
  }

  Task<void> whole_or_broken(Task<void> change) {
    Change whole(*this);
    co_await change;
    whole.made();
  }

  Task<Entry> commit_append() {
    const Body added = buffer_.take();
    std::uint64_t done = 0;
    do {  // once also for nothing: it makes the file
      const std::uint64_t piece = std::min(kAppendPiece, added.size() - done);
      Task<void> appending = mount->backend->append(path, added.slice(done, piece));
      co_await appending;
      done += piece;
    } while (done < added.size());
    Task<std::optional<Entry>> looking = mount->backend->stat(path);
    std::optional<Entry> entry = co_await looking;
    co_return entry ? std::move(*entry) : Entry();
  }

  OpenMode mode_;
  bool appends_;  // by the backend's own append
  PutOptions options_;
  std::optional<EncryptionPlan> encryption_;  // what is in the buffer is plaintext
  EditBuffer buffer_;
  std::uint64_t before_;  // bytes of the file in front of the buffer; 0 but for appends
  StreamPosition position_;
  bool changed_;  // r+ writes nothing when nothing was written
};

}  // namespace

Task<std::unique_ptr<File::Stream>> open_to_update(MountPointer mount, std::string path, OpenMode mode,
                                                   std::string type, std::optional<EncryptionPlan> encryption) {
  const bool addressed = mount->caps.content_addressed;
  if (path.empty() && !addressed) throw Error(ErrorCode::is_directory, "the root of a mount is a directory");
  std::optional<Entry> there;
  if (mode.update || mode.kind != OpenMode::Kind::write) {
    Task<std::optional<Entry>> looking = mount->backend->stat(path);
    there = co_await looking;
  }
  if (there && mode.kind == OpenMode::Kind::create && !addressed) {
    throw Error(ErrorCode::already_exists, "the file exists already");
  }
  if (there && there->is_directory()) throw Error(ErrorCode::is_directory, "a directory cannot be opened for writing");
  if (!there && mode.kind == OpenMode::Kind::read) throw Error(ErrorCode::not_found, "no such file");
  const bool keeps = there && (mode.kind == OpenMode::Kind::read || mode.kind == OpenMode::Kind::append);
  PutOptions options;
  const bool makes = !there && (mode.kind == OpenMode::Kind::create || mode.kind == OpenMode::Kind::append);
  if (!addressed && (keeps || makes)) options.when = as_seen(mount->caps, there);
  if (keeps) {
    options.content_type = there->content_type;
    options.metadata = there->metadata;
  } else if (!encryption) {
    options.content_type = std::move(type);
  }
  const bool appends = appends_natively(*mount, mode) && !encryption;
  const bool loads = keeps && !appends;
  PeekedReader old;
  if (loads) {
    ReadOptions same;
    same.if_match = there->etag;
    Task<PeekedReader> opening = open_peeked(mount, path, std::move(same));
    old = co_await opening;
    if (old.domain && !encryption) encryption = plan_under(*mount, *old.domain);
    if (encryption && !old.domain) options.content_type.clear();  // it was of the plaintext
  }
  auto stream = std::make_unique<UpdateStream>(mount, path, mode, appends, std::move(options),
                                               appends && there ? there->size : 0, std::move(encryption));
  if (loads) {
    Task<void> loading = stream->load(*old.reader);
    co_await loading;
    if (mode.kind == OpenMode::Kind::append) {
      Task<std::uint64_t> seeking = stream->seek(0, 2);
      co_await seeking;
    }
  }
  co_return stream;
}

}  // namespace genro::storage

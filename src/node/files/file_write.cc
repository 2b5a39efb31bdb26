// WriteStream: w, x and a where parts go up as they come (S3), so that nothing can be changed any more. For a the old content
// is sent again in front.
#include <atomic>
#include <utility>

#include "backend/writer.h"
#include "node/files/file_stream.h"
#include "node/guard.h"
#include "node/stored_content.h"

namespace genro::storage {
namespace {

class WriteStream final : public File::Stream {
 public:
  /// `old`: the file whose content the stream begins with.
  WriteStream(MountPointer on, std::string at, PutOptions options, std::optional<Entry> old)
      : Stream(std::move(on), std::move(at)),
        writer_(mount->backend, path, std::move(options), mount->files),
        old_(std::move(old)) {}
  bool writable() const noexcept override { return true; }
  std::uint64_t tell() const noexcept override { return written_.load(std::memory_order_relaxed); }
  Task<std::uint64_t> size() override { co_return tell(); }
  Task<void> write(Bytes data) override {
    Change whole(*this);
    Task<void> writing = writer_.write(std::move(data));
    co_await writing;
    whole.made();
    written_.store(writer_.size(), std::memory_order_relaxed);
  }
  Task<Entry> commit() override { return old_ && writer_.size() == old_->size ? leave() : writer_.commit(); }
  Task<void> discard() override { return writer_.abort(); }

  /// Begins with what the reader gives.
  Task<void> load(Reader& reader) {
    Task<std::uint64_t> copying = copy_stream(reader, writer_);
    const std::uint64_t copied = co_await copying;
    written_.store(copied, std::memory_order_relaxed);
  }

 private:
  /// Nothing was added: no request, and no version that repeats the one before.
  Task<Entry> leave() {
    Task<void> aborting = writer_.abort();
    co_await aborting;
    co_return *old_;
  }

  Writer writer_;
  std::atomic<std::uint64_t> written_{0};
  std::optional<Entry> old_;
};

Task<std::optional<Entry>> stat_of(MountPointer mount, std::string path) {
  Task<std::optional<Entry>> looking = mount->backend->stat(std::move(path));
  co_return co_await looking;
}

}  // namespace

When as_seen(const Caps& caps, const std::optional<Entry>& there) {
  const bool nameless = there && there->etag.empty();
  if (!caps.conditional_put && (!caps.checked_put || nameless)) return When::always();
  return there ? When::if_match(there->etag) : When::if_absent();
}

Task<std::unique_ptr<File::Stream>> open_to_write(MountPointer mount, std::string path, OpenMode mode,
                                                  std::string type) {
  PutOptions options;
  const bool addressed = mount->caps.content_addressed;  // then another content has another path: nothing is in the way
  if (path.empty() && !addressed) throw Error(ErrorCode::is_directory, "the root of a mount is a directory");
  std::optional<Entry> there;
  if (mode.kind == OpenMode::Kind::append || (mode.kind == OpenMode::Kind::create && !addressed)) {
    Task<std::optional<Entry>> looking = stat_of(mount, path);
    there = co_await looking;
  }
  if (mode.kind == OpenMode::Kind::create && !addressed) {
    if (there) throw Error(ErrorCode::already_exists, "the file exists already");
    options.when = as_seen(mount->caps, there);
  }
  if (mode.kind == OpenMode::Kind::append) options.when = as_seen(mount->caps, there);
  options.content_type = there ? there->content_type : std::move(type);
  if (there) options.metadata = there->metadata;
  auto stream = std::make_unique<WriteStream>(mount, path, std::move(options), there);
  if (there) {
    if (there->is_directory()) throw Error(ErrorCode::is_directory, "a directory cannot be opened for writing");
    ReadOptions same;
    same.if_match = there->etag;
    Task<std::unique_ptr<Reader>> opening = open_content(mount, path, std::move(same));
    const std::unique_ptr<Reader> reader = co_await opening;
    Task<void> loading = stream->load(*reader);
    co_await loading;
  }
  co_return stream;
}

}  // namespace genro::storage

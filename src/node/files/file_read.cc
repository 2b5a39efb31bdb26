// ReadStream: front to back by one reader; a seek opens another one at the new place, of the same version of the file. Once
// the descriptor of a file is known to others, it is read itself, from where it stands.
#include <algorithm>
#include <cstring>
#include <utility>

#include "core/files.h"
#include "loop/offload.h"
#include "node/encryption/encryption.h"
#include "node/files/file_stream.h"
#include "node/files/stream_position.h"
#include "node/guard.h"
#include "node/snapshot.h"
#include "node/stored_content.h"

namespace genro::storage {
namespace {

constexpr std::size_t kAhead = 64 * 1024;  // read at once for small reads

class ReadStream final : public File::Stream {
 public:
  ReadStream(MountPointer on, std::string at, std::unique_ptr<Reader> reader)
      : Stream(std::move(on), std::move(at)), reader_(std::move(reader)), entry_(reader_->entry()) {
    size_ = reader_->size() == Reader::kUnknown ? entry_.size : reader_->size();
  }
  /// Of content that is encrypted as a whole, with the entry of what is stored.
  ReadStream(MountPointer on, std::string at, Entry entry, Bytes plain)
      : Stream(std::move(on), std::move(at)),
        entry_(std::move(entry)),
        plain_(std::move(plain)),
        size_(plain_->size()) {}
  bool readable() const noexcept override { return true; }
  bool seekable() const noexcept override { return mount->caps.seek; }
  std::uint64_t tell() const noexcept override { return position_.get(); }
  Task<std::uint64_t> size() override { co_return size_; }

  Task<std::size_t> read_into(std::span<std::byte> target) override {
    if (target.empty()) co_return 0;
    if (shared_) {
      Task<std::size_t> reading = read_shared(target);
      co_return co_await reading;
    }
    Attempt attempt(*this);
    if (buffered() == 0) {
      if (position_.get() >= size_ && !reader_ && !interrupted_) {
        attempt.succeeded();
        co_return 0;
      }
      if (!reader_) {
        Task<void> reopening = reopen();
        co_await reopening;
      }
      if (target.size() >= kAhead) {
        Task<std::size_t> reading = reader_->read_into(target);
        const std::size_t got = co_await reading;
        position_.set(position_.get() + got);
        attempt.succeeded();
        co_return got;
      }
      Task<void> filling = refill();
      co_await filling;
    }
    const std::size_t count = std::min(target.size(), buffered());
    if (count != 0) std::memcpy(target.data(), buffer_->data() + used_, count);
    used_ += count;
    position_.set(position_.get() + count);
    attempt.succeeded();
    co_return count;
  }

  Task<Bytes> read_all() override {
    // Nothing was read yet: the reader has the shortest way.
    if (position_.get() == 0 && reader_ && buffered() == 0) {
      Attempt attempt(*this);
      Task<Bytes> reading = reader_->read_all();
      Bytes bytes = co_await reading;
      position_.set(bytes.size());
      attempt.succeeded();
      co_return bytes;
    }
    Task<Bytes> reading = Stream::read(UINT64_MAX);
    co_return co_await reading;
  }

  Task<std::uint64_t> seek(std::int64_t offset, int whence) override {
    if (!seekable()) throw refusal("seek");
    const std::uint64_t wanted = target_of(offset, whence, position_.get(), size_);
    const std::uint64_t first = position_.get() - used_;
    if (buffer_ && wanted >= first && wanted <= first + filled_) {
      used_ = static_cast<std::size_t>(wanted - first);
    } else if (wanted != position_.get()) {
      reader_.reset();
      used_ = filled_ = 0;
    }
    corrupt.reset();
    position_.set(wanted);
    co_return wanted;
  }

  Task<int> descriptor() override {
    if (!shared_) {
      if (!reader_) {
        Task<void> reopening = reopen();
        co_await reopening;
      }
      std::optional<FileSpan> span = reader_->file_span();
      if (!span || !mount->files) throw no_descriptor();
      position_.follow(*mount->files, *span->descriptor, 0);
      shared_ = std::move(span->descriptor);
      let_go();
    }
    co_return *shared_;
  }

  void go_back(std::uint64_t position) noexcept override {
    position_.put_back(position);
    if (shared_) return;
    reader_.reset();  // nobody knows how far it had come
    used_ = filled_ = 0;
    interrupted_ = true;
  }

  Task<Entry> commit() override {
    end();
    co_return entry_;
  }
  Task<void> discard() override {
    end();
    co_return;
  }

 private:
  std::size_t buffered() const noexcept { return filled_ - used_; }
  void let_go() noexcept {
    reader_.reset();
    buffer_.reset();
    used_ = filled_ = 0;
  }
  void end() noexcept {
    let_go();
    position_.unfollow();
    shared_.reset();
  }

  Task<std::size_t> read_shared(std::span<std::byte> target) {
    const std::uint64_t from = position_.get();
    auto reading = offload([&] { return mount->files->pread(*shared_, target, from); });
    const long got = co_await reading;
    if (got < 0) throw Error::from_errno(static_cast<int>(-got), "read", path);
    position_.set(from + static_cast<std::uint64_t>(got));
    co_return static_cast<std::size_t>(got);
  }

  Task<void> refill() {
    if (!buffer_) buffer_.emplace(static_cast<std::size_t>(std::clamp<std::uint64_t>(size_, 1, kAhead)));
    used_ = filled_ = 0;
    Task<std::size_t> reading = reader_->read_into(buffer_->span());
    filled_ = co_await reading;
  }

  Task<void> reopen() {
    if (plain_) {
      const std::uint64_t from = std::min<std::uint64_t>(position_.get(), plain_->size());
      reader_ = plaintext_reader(entry_, plain_->slice(from, plain_->size() - from));
      co_return;
    }
    if (interrupted_ && !seekable() && position_.get() != 0) {
      throw failure(ErrorCode::unsupported, "read", *mount, path,
                    "an earlier read failed, and here nothing can be read from the middle on");
    }
    ReadOptions options;
    options.range.begin = position_.get();
    options.if_match = entry_.etag;
    Task<std::unique_ptr<Reader>> opening = open_content(mount, path, std::move(options));
    reader_ = co_await opening;
    interrupted_ = false;
  }

  std::unique_ptr<Reader> reader_;     // null after a seek or a failure, until the next read
  bool interrupted_ = false;           // by a failure: there may be more, whatever size_ says
  std::shared_ptr<const int> shared_;  // the open file, once others know it; then there is no reader
  Entry entry_;
  std::optional<Bytes> plain_;  // of content that is encrypted
  std::uint64_t size_ = 0;
  StreamPosition position_;  // of the next byte the user gets
  std::optional<BytesBuffer> buffer_;
  std::size_t used_ = 0;
  std::size_t filled_ = 0;
};

}  // namespace

Task<std::unique_ptr<File::Stream>> open_to_read(MountPointer mount, std::string path) {
  if (mount->snapshot) {  // a stream stays with the version that it began with
    Task<MountPointer> pinning = pinned(mount, path);
    mount = co_await pinning;
  }
  Task<PeekedReader> opening = open_peeked(mount, path, {});
  PeekedReader opened = co_await opening;
  if (!opened.domain) co_return std::make_unique<ReadStream>(mount, std::move(path), std::move(opened.reader));
  Task<Bytes> reading = opened.reader->read_all();
  Bytes plain = co_await reading;
  co_return std::make_unique<ReadStream>(mount, std::move(path), opened.reader->entry(), std::move(plain));
}

}  // namespace genro::storage

// File::Stream: one form for each way of having a file open. Used by File, which forwards to it, and made by Node::open.
// Streams: ReadStream (file_read.cc), WriteStream (file_write.cc), UpdateStream (file_update.cc).
// What a form cannot do keeps the default, which refuses. A stream that was never closed commits nothing.
// File calls everything but tell() and the questions above it in turns; tell() may be asked by any thread meanwhile.
#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "genro/storage/error.h"
#include "genro/storage/file.h"
#include "node/encryption/encryption.h"
#include "node/files/open_mode.h"
#include "node/files/turns.h"
#include "node/mount.h"

namespace genro::storage {

struct File::Stream {
  Stream(MountPointer on, std::string at) : mount(std::move(on)), path(std::move(at)) {}
  virtual ~Stream() = default;
  virtual bool readable() const noexcept { return false; }
  virtual bool writable() const noexcept { return false; }
  virtual bool seekable() const noexcept { return false; }
  virtual Task<std::size_t> read_into(std::span<std::byte> target);
  virtual Task<Bytes> read(std::uint64_t size);
  virtual Task<Bytes> read_all();
  virtual Task<void> write(Bytes data);
  virtual Task<std::uint64_t> seek(std::int64_t offset, int whence);
  virtual std::uint64_t tell() const noexcept = 0;
  virtual Task<std::uint64_t> truncate(std::uint64_t size);
  virtual Task<std::uint64_t> size() = 0;
  virtual Task<int> descriptor();
  /// Called once.
  virtual Task<Entry> commit() = 0;
  virtual Task<void> discard() = 0;

  /// After a read that failed: the next one begins at `position`, whatever the failed one had already taken.
  virtual void go_back([[maybe_unused]] std::uint64_t position) noexcept {}
  class Attempt;
  class Change;

  /// The position that a seek means. Throws invalid_argument when it lies before the start.
  std::uint64_t target_of(std::int64_t offset, int whence, std::uint64_t here, std::uint64_t end) const;
  Error refusal(const char* what) const;
  Error no_descriptor() const;
  /// The error of a call, as the user of the file understands it.
  Error explained(const Error& error, const char* what) const;

  MountPointer mount;
  std::string path;
  Turns turns;
  std::atomic<bool> open{true};
  std::atomic<bool> broken{false};  ///< a change was not made whole, or never came to its turn: nothing is stored
  std::optional<Error> corrupt;     ///< what was read: nothing more is given out until the position is moved
  bool creates = false;             ///< opened by x
};

/// The condition that a file, which was looked at, is as it was seen: as far as the mount's store compares that.
When as_seen(const Caps& caps, const std::optional<Entry>& there);

/// A read that moves the position only when it succeeds.
class File::Stream::Attempt {
 public:
  explicit Attempt(Stream& stream) : stream_(stream), from_(stream.tell()) {}
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;
  ~Attempt() {
    if (!succeeded_) stream_.go_back(from_);
  }
  void succeeded() noexcept { succeeded_ = true; }

 private:
  Stream& stream_;
  std::uint64_t from_;
  bool succeeded_ = false;
};

/// A change that breaks the stream for ever unless it is made whole. It only ever sets the mark: a change that is stopped in
/// the line may set it at the same time.
class File::Stream::Change {
 public:
  explicit Change(Stream& stream) : stream_(stream) {}
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;
  ~Change() {
    if (!made_) stream_.broken = true;
  }
  void made() noexcept { made_ = true; }

 private:
  Stream& stream_;
  bool made_ = false;
};

/// Whether what is written goes to the backend's own append at close.
inline bool appends_natively(const Mount& mount, OpenMode mode) noexcept {
  return mode.kind == OpenMode::Kind::append && !mode.update && mount.caps.append;
}

Task<std::unique_ptr<File::Stream>> open_to_read(MountPointer mount, std::string path);
/// `type`: the media type of a new content. What is kept of an old one keeps its type, its metadata, and what else the store has.
Task<std::unique_ptr<File::Stream>> open_to_write(MountPointer mount, std::string path, OpenMode mode,
                                                  std::string type);
/// With `encryption` the stream is of plaintext, which never leaves memory before it is encrypted. So it is for a file that is
/// found to be encrypted, and of which something is kept.
Task<std::unique_ptr<File::Stream>> open_to_update(MountPointer mount, std::string path, OpenMode mode,
                                                   std::string type, std::optional<EncryptionPlan> encryption);

}  // namespace genro::storage

// Writer: a content of unknown length being written. What fits into one put is kept and put at commit(); what grows beyond
// becomes a multipart upload, or a spill file where the backend has no uploads. Used by node's files and by transfers.
// Nothing is visible before commit(); abort(), an error or dropping the writer commits nothing and ends the upload.
// In a forked child it takes nothing and leaves the upload alone, which is the parent's.
// One call at a time; the calls may come from different operations and threads.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backend/background.h"
#include "backend/put_body.h"
#include "genro/storage/backend.h"

namespace genro::storage {

class SpillFile;  // backend/spill_file.h

class Writer {
 public:
  /// `files`: where a spill file may be made; null keeps everything in memory (right for backends that keep it in memory, too).
  Writer(std::shared_ptr<Backend> backend, std::string path, PutOptions options = {}, class Files* files = nullptr,
         WriteLimits limits = {});
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer();

  Task<void> write(Bytes data);
  /// Makes it visible, whole. After it, and after any error, the writer only takes abort().
  Task<Entry> commit();
  /// Ends the upload before it returns, also when the operation was stopped. Idempotent; after commit() it does nothing.
  Task<void> abort();
  std::uint64_t size() const noexcept { return size_; }
  bool open() const noexcept { return open_; }

 private:
  bool is_inherited() const noexcept;
  void require_own(const char* operation) const;
  void leave_to_parent() noexcept;
  void keep(Bytes data);
  void seal();
  Body cut(std::uint64_t size);
  std::uint64_t keep_at_most() const;
  std::uint64_t next_part_size() const;
  std::size_t most_in_flight() const;
  Task<void> flush();
  Task<void> begin_upload();
  Task<void> send_part(Body body);
  Task<void> drain(std::size_t most);
  Task<Entry> finish();

  std::shared_ptr<Backend> backend_;
  std::string path_;
  PutOptions options_;
  Files* files_;
  WriteLimits limits_;
  const unsigned generation_;
  bool open_ = true;
  std::uint64_t size_ = 0;
  std::deque<Bytes> kept_;
  std::uint64_t kept_size_ = 0;      // of kept_ and tail_
  std::optional<BytesBuffer> tail_;  // small writes gather here
  std::size_t tail_size_ = 0;
  std::unique_ptr<SpillFile> spill_;
  std::shared_ptr<Upload> upload_;
  std::vector<std::string> tags_;
  std::deque<Background<std::string>> parts_;  // going up, the oldest first
  int next_number_ = 1;
  Loop* loop_ = nullptr;  // for what must be ended after the last call
};

/// What is said to a forked child that goes on with a file which its parent opened for writing.
inline constexpr const char* kOfParent = "it was opened before this process was forked: its parent goes on with it";

/// Everything that is left in `reader`, in pieces of at most `piece` bytes; commits nothing. Gives the number of bytes.
Task<std::uint64_t> copy_stream(Reader& reader, Writer& writer, std::size_t piece = std::size_t{1} << 20);

}  // namespace genro::storage

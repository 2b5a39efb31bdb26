// ResumingReader: a stream over a network that survives broken connections: it opens the rest of the content again, under
// If-Match of the entry that it began with, and goes on at its byte. Never splices two versions. Made by the retry layer.
// What was delivered is never delivered again: a checksum that fails at the end of a stream stays an error. Content that
// nobody has seen yet is fetched once more when it is corrupt, and only once.
// Bounds: seven tries without progress (of 64 KiB), so at most seven for each 64 KiB of the content.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "genro/storage/backend.h"

namespace genro::storage {

/// How a reader gets the rest, and whether it may try. Owned by the reader: it may outlive whoever made it.
class ResumeSource {
 public:
  virtual ~ResumeSource() = default;
  virtual Task<std::unique_ptr<Reader>> reopen(ReadOptions options) = 0;
  /// Waits as long as is wise before try number `failures` + 1 and gives true, or gives false at once.
  virtual Task<bool> may_resume(Error error, int failures) = 0;
  /// Whether a content that was corrupt may be fetched again: true once.
  virtual bool may_refetch() noexcept = 0;
  virtual void resumed() noexcept = 0;  ///< The last try brought bytes.
};

class ResumingReader final : public LeafReader {
 public:
  ResumingReader(std::unique_ptr<Reader> first, ReadOptions options, std::unique_ptr<ResumeSource> source);
  const Entry& entry() const noexcept override { return entry_; }
  std::uint64_t begin() const noexcept override { return begin_; }
  std::uint64_t size() const noexcept override { return size_; }
  Task<std::size_t> read_into(std::span<std::byte> target) override;
  Task<Bytes> read_all() override;
  std::optional<ContentChecksum> checksum() const override {
    return done_ == 0 && current_ ? current_->checksum() : std::nullopt;
  }

 private:
  bool at_end() const noexcept { return size_ != kUnknown && done_ == size_; }
  Error ended_early() const;
  bool worth_another(const Error& error, bool nothing_delivered);
  Task<void> recover(std::exception_ptr failure, bool nothing_delivered);
  Task<void> open_rest();
  Task<std::optional<Bytes>> try_rest();

  std::unique_ptr<Reader> current_;  // null between a failure and the next success
  ReadOptions options_;
  std::unique_ptr<ResumeSource> source_;
  Entry entry_;
  std::uint64_t begin_;
  std::uint64_t size_;
  std::uint64_t done_ = 0;      // bytes delivered
  std::uint64_t progress_ = 0;  // of done_, at the last failure
  int failures_ = 0;            // since there was progress
};

}  // namespace genro::storage

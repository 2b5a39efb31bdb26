#include "backend/resuming_reader.h"

#include <string>
#include <utility>

#include "backend/reader.h"

namespace genro::storage {
namespace {

// A rest up to this size is read in one run, which loses what has arrived when it fails.
constexpr std::uint64_t kSmall = std::uint64_t{256} << 10;
// So many bytes are progress: failures before them are forgotten.
constexpr std::uint64_t kProgress = std::uint64_t{64} << 10;

}  // namespace

ResumingReader::ResumingReader(std::unique_ptr<Reader> first, ReadOptions options, std::unique_ptr<ResumeSource> source)
    : current_(std::move(first)),
      options_(std::move(options)),
      source_(std::move(source)),
      entry_(current_->entry()),
      begin_(current_->begin()),
      size_(current_->size()) {}

Error ResumingReader::ended_early() const {
  return Error(ErrorCode::truncated, "read", entry_.path,
               "the content ended after " + std::to_string(done_) + " of " + std::to_string(size_) + " bytes");
}

bool ResumingReader::worth_another(const Error& error, bool nothing_delivered) {
  if (!error.retryable()) return false;
  if (error.code() == ErrorCode::corrupt) return nothing_delivered && source_->may_refetch();
  return nothing_delivered || !entry_.etag.empty() || entry_.mtime_ns != Entry::kNoTime || !options_.version.empty();
}

Task<void> ResumingReader::open_rest() {
  ReadOptions rest = options_;
  rest.range.begin = begin_ + done_;
  if (!entry_.etag.empty()) rest.if_match = entry_.etag;
  Task<std::unique_ptr<Reader>> opening = source_->reopen(std::move(rest));
  current_ = co_await opening;
}

/// Opens the rest, or throws `failure` when that is of no use.
Task<void> ResumingReader::recover(std::exception_ptr failure, bool nothing_delivered) {
  const bool gave_way = current_ && current_->gave_way();
  current_.reset();
  if (done_ - progress_ >= kProgress) failures_ = 0;
  progress_ = done_;
  for (bool at_once = gave_way;; at_once = false) {
    const Error error = Error::from(failure);
    if (!worth_another(error, nothing_delivered)) std::rethrow_exception(failure);
    if (!at_once) {  // a connection lent to others is no failure of the server's
      Task<bool> deciding = source_->may_resume(error, ++failures_);
      const bool again = co_await deciding;
      if (!again) throw error.with_attempts(failures_, error.elapsed());
    }
    Task<void> opening = open_rest();
    const Result<void> opened = co_await opening.as_result();
    if (opened.ok()) {
      require_same(entry_, *current_, begin_ + done_);
      co_return;
    }
    failure = opened.exception();
  }
}

Task<std::size_t> ResumingReader::read_into(std::span<std::byte> target) {
  if (target.empty()) co_return std::size_t{0};
  for (;;) {
    std::exception_ptr failure;
    if (current_) {
      Task<std::size_t> reading = current_->read_into(target);
      Result<std::size_t> result = co_await reading.as_result();
      if (result.ok()) {
        const std::size_t got = result.value();
        if (got > 0 || at_end() || size_ == kUnknown) {
          if (failures_ > 0 && got > 0) source_->resumed();
          done_ += got;
          co_return got;
        }
        failure = std::make_exception_ptr(ended_early());
      } else {
        failure = result.exception();
      }
    } else {
      failure = std::make_exception_ptr(ended_early());
    }
    Task<void> recovering = recover(failure, false);
    co_await recovering;
  }
}

/// As the backend does it best: in one run, checked. Nothing when that failed and the rest was opened again.
Task<std::optional<Bytes>> ResumingReader::try_rest() {
  Task<Bytes> reading = current_->read_all();
  Result<Bytes> result = co_await reading.as_result();
  std::exception_ptr failure = result.exception();
  if (result.ok()) {
    const std::uint64_t got = result.value().size();
    if (size_ == kUnknown || done_ + got == size_) {
      if (failures_ > 0) source_->resumed();
      done_ += got;
      co_return std::optional<Bytes>(std::move(result).take());
    }
    failure = std::make_exception_ptr(ended_early());
  }
  Task<void> recovering = recover(failure, done_ == 0);
  co_await recovering;
  co_return std::nullopt;
}

Task<Bytes> ResumingReader::read_all() {
  while (current_ && (size_ == kUnknown || (size_ - done_ <= kSmall && failures_ == 0))) {
    Task<std::optional<Bytes>> trying = try_rest();
    std::optional<Bytes> rest = co_await trying;
    if (rest) co_return std::move(*rest);
  }
  const std::uint64_t from = done_;
  const auto left = static_cast<std::size_t>(size_ - from);
  BytesBuffer buffer(left);
  for (;;) {
    Task<void> reading = read_to_end(*this, buffer.span().first(left));
    const Result<void> result = co_await reading.as_result();
    if (result.ok()) co_return std::move(buffer).freeze(left);
    // Nobody has seen these bytes yet: they may be fetched again.
    if (from != 0 || result.error().code() != ErrorCode::corrupt) std::rethrow_exception(result.exception());
    done_ = progress_ = 0;
    Task<void> recovering = recover(result.exception(), true);
    co_await recovering;
  }
}

}  // namespace genro::storage

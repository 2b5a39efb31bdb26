#include "backends/local/reader.h"

#include <algorithm>
#include <cerrno>

#include "backend/bytes_reader.h"

namespace genro::storage::local {
namespace {
constexpr std::size_t kInline = 128 << 10;   // read on the loop's own thread when it is in memory: some 20 us
constexpr std::size_t kOffloaded = 8 << 20;  // one job of a helper thread: some milliseconds
constexpr off_t kLong = 64 << 20;            // the last one to close a removed file frees its blocks
}  // namespace

LocalReader::LocalReader(Files& files, OpenFile opened, std::string path, const ReadOptions& options,
                         std::shared_ptr<Pace> pace, ThreadShare& threads)
    : files_(files),
      file_(std::move(opened.file)),
      status_(opened.status),
      quick_(opened.quick),
      path_(std::move(path)),
      if_match_(options.if_match),
      pace_(std::move(pace)),
      threads_(threads) {
  const ByteRange range = clamped(options.range, static_cast<std::uint64_t>(status_.st_size), path_);
  begin_ = position_ = range.begin;
  end_ = range.end;
  if (!if_match_.empty() && etag_of(status_) != if_match_) {
    throw Error(ErrorCode::precondition_failed, "read", path_, "the file changed");
  }
}

LocalReader::~LocalReader() {
  if (file_) close_without_waiting(files_, file_.release(), closes_quickly(), std::move(pace_));
}

bool LocalReader::closes_quickly() const noexcept { return quick_ && status_.st_size < kLong; }

const Entry& LocalReader::entry() const noexcept {
  if (!entry_) entry_ = entry_of(path_, status_);
  return *entry_;
}

std::size_t LocalReader::read_cached(std::span<std::byte> target) {
  std::size_t filled = 0;
  while (filled < target.size()) {
    const long count = files_.pread_cached(file_.number(), target.subspan(filled), position_ + filled);
    if (count == -EAGAIN) break;
    if (count < 0) throw failure(count, "read", path_);
    if (count == 0) throw shorter();
    filled += static_cast<std::size_t>(count);
  }
  return filled;
}

void LocalReader::read_fully(std::span<std::byte> target) {
  std::size_t filled = 0;
  while (filled < target.size()) {
    const long count = files_.pread(file_.number(), target.subspan(filled), position_ + filled);
    if (count < 0) throw failure(count, "read", path_);
    if (count == 0) throw shorter();
    filled += static_cast<std::size_t>(count);
  }
}

Task<void> LocalReader::fill(std::span<std::byte> target) {
  Context& context = co_await current_context();
  if (quick_ && !context.caller_driven && target.size() <= kInline) {
    const std::size_t count = read_cached(target);
    position_ += count;
    target = target.subspan(count);
    co_await give_way(stretch_, count);
  }
  while (!target.empty()) {
    context.scope->check();
    const std::span<std::byte> piece = target.first(std::min(target.size(), kOffloaded));
    auto reading = offload([this, piece] { read_fully(piece); }, threads_);
    co_await reading;
    position_ += piece.size();
    target = target.subspan(piece.size());
    co_await give_way(stretch_, piece.size());
  }
}

Task<std::size_t> LocalReader::read_into(std::span<std::byte> target) {
  const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(target.size(), end_ - position_));
  if (wanted == 0) co_return 0;
  Task<void> filling = fill(target.first(wanted));
  co_await filling;
  if (position_ == end_ && !if_match_.empty()) {
    Task<void> confirming = confirm();
    co_await confirming;
  }
  co_return wanted;
}

Task<Bytes> LocalReader::read_all() {
  const auto wanted = static_cast<std::size_t>(end_ - position_);
  BytesBuffer buffer(wanted);
  Context& context = co_await current_context();
  if (context.caller_driven && wanted <= kOffloaded) {
    read_fully(buffer.span());
    position_ += wanted;
  } else {
    Task<void> filling = fill(buffer.span());
    co_await filling;
  }
  if (!if_match_.empty()) {
    Task<void> confirming = confirm();
    co_await confirming;
  }
  co_return std::move(buffer).freeze(wanted);
}

std::optional<FileSpan> LocalReader::file_span() {
  if (!file_) return std::nullopt;
  Files* files = &files_;
  const bool quick = closes_quickly();
  std::shared_ptr<const int> descriptor(new int(file_.release()), [files, quick, pace = pace_](const int* number) {
    close_without_waiting(*files, *number, quick, pace);
    delete number;
  });
  return FileSpan{std::move(descriptor), position_, end_ - position_};
}

Task<void> LocalReader::confirm() {
  if (quick_) {
    check_unchanged();
    co_return;
  }
  auto checking = offload([this] { check_unchanged(); }, threads_);
  co_await checking;
}

void LocalReader::check_unchanged() const {
  struct stat now{};
  if (const int error = files_.stat(file_.number(), now)) throw failure(error, "read", path_);
  if (etag_of(now) != if_match_) {
    throw Error(ErrorCode::precondition_failed, "read", path_, "the file changed while it was read");
  }
}

Error LocalReader::shorter() const {
  return Error(ErrorCode::truncated, "read", path_, "the file became shorter while it was read").with_retryable(false);
}

}  // namespace genro::storage::local

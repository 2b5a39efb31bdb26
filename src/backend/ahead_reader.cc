#include "backend/ahead_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "backend/saving.h"

namespace genro::storage {
namespace {

// Whoever read this much wants the rest, too.
constexpr std::uint64_t kSeriousAfter = std::uint64_t{1} << 20;

Task<Bytes> part_bytes(std::shared_ptr<Backend> backend, std::shared_ptr<BlockPool> blocks, std::string path,
                       ReadOptions options, Entry entry) {
  const auto size = static_cast<std::size_t>(options.range.end - options.range.begin);
  Task<std::unique_ptr<Reader>> opening = open_part(*backend, std::move(path), std::move(options), std::move(entry));
  std::unique_ptr<Reader> reader = co_await opening;
  BytesBuffer buffer = blocks->take();
  Task<void> reading = read_to_end(*reader, buffer.span().first(size));
  co_await reading;
  co_return blocks->seal(std::move(buffer), size);
}

}  // namespace

AheadReader::AheadReader(std::shared_ptr<Backend> backend, std::string path, ReadOptions options, ReadLimits limits,
                         std::unique_ptr<Reader> first)
    : backend_(std::move(backend)),
      path_(std::move(path)),
      options_(std::move(options)),
      limits_(limits),
      blocks_(BlockPool::make(static_cast<std::size_t>(limits.stream_part_size))),
      first_(std::move(first)),
      entry_(first_->entry()),
      begin_(first_->begin()),
      end_(begin_ + first_->size()),
      first_end_(std::min(end_, begin_ + limits.stream_part_size)),
      position_(begin_),
      next_begin_(first_end_) {
  if (const std::optional<ContentChecksum> checksum = first_->checksum()) check_.emplace(*checksum);
}

/// Parts have no checksum of their own: the whole is checked before its last part is given out.
void AheadReader::account(std::span<const std::byte> data) {
  if (check_) check_->update(data);
}

void AheadReader::fetch_ahead(Context& context) {
  while (parts_.size() < limits_.in_flight && next_begin_ < end_) {
    ReadOptions own = options_;
    own.range = {next_begin_, std::min(end_, next_begin_ + limits_.stream_part_size)};
    next_begin_ = own.range.end;
    parts_.emplace_back(context, part_bytes(backend_, blocks_, path_, std::move(own), entry_));
  }
}

Task<Bytes> AheadReader::next_part() {
  Context& context = co_await current_context();
  fetch_ahead(context);
  Task<Bytes> taking = parts_.front().take();
  Bytes bytes = co_await taking;
  parts_.pop_front();
  fetch_ahead(context);
  co_return bytes;
}

/// Makes `current_` hold bytes that were not delivered yet.
Task<void> AheadReader::load() {
  if (used_ != current_.size()) co_return;
  current_ = Bytes();
  used_ = 0;
  Task<Bytes> next = next_part();
  current_ = co_await next;
  account(current_.span());
  if (check_ && position_ + current_.size() == end_) check_->require(entry_.path);
}

/// The rest of the first part, for those who take all of it.
Task<void> AheadReader::load_first() {
  Context& context = co_await current_context();
  fetch_ahead(context);
  const auto left = static_cast<std::size_t>(first_end_ - position_);
  BytesBuffer buffer = blocks_->take();
  Task<void> reading = read_exactly(*first_, buffer.span().first(left));
  co_await reading;
  first_.reset();
  current_ = blocks_->seal(std::move(buffer), left);
  used_ = 0;
  account(current_.span());
}

Task<Bytes> AheadReader::read_some(std::size_t most) {
  if (position_ == end_ || most == 0) co_return Bytes();
  Task<void> loading = first_ ? load_first() : load();
  co_await loading;
  Bytes bytes = current_.slice(used_, std::min(most, current_.size() - used_));
  used_ += bytes.size();
  position_ += bytes.size();
  if (used_ == current_.size()) {  // its block may come back as soon as the caller is through with it
    current_ = Bytes();
    used_ = 0;
  }
  co_return bytes;
}

Task<std::size_t> AheadReader::read_into(std::span<std::byte> target) {
  if (target.empty() || position_ == end_) co_return std::size_t{0};
  std::size_t got = 0;
  if (first_) {
    const std::uint64_t left = first_end_ - position_;
    target = target.first(static_cast<std::size_t>(std::min<std::uint64_t>(target.size(), left)));
    Task<std::size_t> reading = first_->read_into(target);
    got = co_await reading;
    if (got == 0) throw Error(ErrorCode::truncated, "read", entry_.path, "the content ended early");
    account(target.first(got));
    if (position_ + got == first_end_) first_.reset();
    if (position_ - begin_ >= kSeriousAfter) {
      Context& context = co_await current_context();
      fetch_ahead(context);
    }
  } else {
    Task<void> loading = load();
    co_await loading;
    got = std::min(target.size(), current_.size() - used_);
    std::memcpy(target.data(), current_.data() + used_, got);
    used_ += got;
  }
  position_ += got;
  co_return got;
}

Task<Bytes> AheadReader::read_all() {
  const auto left = static_cast<std::size_t>(end_ - position_);
  BytesBuffer buffer(left);
  Task<void> reading = read_exactly(*this, buffer.span().first(left));
  co_await reading;
  co_return std::move(buffer).freeze(left);
}

Task<std::uint64_t> AheadReader::save(FileSink& file) {
  position_ = end_;
  return save_parallel(*backend_, path_, options_, limits_, std::move(first_), file);
}

}  // namespace genro::storage

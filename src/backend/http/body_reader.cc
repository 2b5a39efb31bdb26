#include "backend/http/body_reader.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "backend/bytes_reader.h"
#include "backend/http/content_range.h"
#include "genro/storage/error.h"

namespace genro::storage {

HttpBodyReader::HttpBodyReader(std::unique_ptr<HttpResponse> response, std::string path, ByteRange wanted,
                               EntryOf entry_of, Checksum expected)
    : response_(std::move(response)),
      path_(std::move(path)),
      entry_of_(entry_of),
      begin_(wanted.begin),
      expected_(std::move(expected)),
      summer_(expected_.algorithm) {
  const std::optional<std::uint64_t> size = content_size(response_->head);
  const std::uint64_t end = std::min(wanted.end, size.value_or(wanted.end));
  if (response_->head.status == 206) {
    const std::optional<ContentRange> range = parse_content_range(response_->head.find("content-range"));
    if (!range || range->begin != wanted.begin || range->end != end) {
      throw failed(ErrorCode::protocol, "the server sent another range than was asked for");
    }
  } else {
    if (size && begin_ > *size) throw failed(ErrorCode::out_of_range, "byte range outside of the file");
    to_skip_ = begin_;
  }
  left_ = end - begin_;
  bounded_ = size.has_value();
  size_ = bounded_ ? left_ : kUnknown;
  if (left_ == 0 || to_skip_ != 0 || response_->remaining() != std::optional<std::uint64_t>(left_)) return;
  buffered_ = response_->take_buffered();
  if (buffered_) account(buffered_->span());
}

HttpBodyReader::HttpBodyReader(Entry entry, std::uint64_t begin)
    : path_(entry.path), entry_(std::move(entry)), begin_(begin), summer_(ChecksumAlgorithm::none) {}

std::unique_ptr<Reader> HttpBodyReader::of_nothing(Entry entry, ByteRange wanted) {
  const ByteRange range = clamped(wanted, entry.size, entry.path);
  if (range.begin != range.end) {
    throw Error(ErrorCode::unavailable, "read", entry.path, "the object changed while it was opened");
  }
  return std::make_unique<HttpBodyReader>(std::move(entry), range.begin);
}

const Entry& HttpBodyReader::entry() const noexcept {
  if (!entry_) entry_ = entry_of_(response_->head, path_);
  return *entry_;
}

Error HttpBodyReader::failed(ErrorCode code, std::string message) const {
  return Error(code, "read", path_, std::move(message));
}

Task<void> HttpBodyReader::skip() {
  std::array<std::byte, 16384> scratch;
  while (to_skip_ != 0) {
    const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(to_skip_, scratch.size()));
    Task<std::size_t> reading = response_->read_into(std::span(scratch).first(size));
    const std::size_t count = co_await reading;
    if (count == 0 && !bounded_) throw failed(ErrorCode::out_of_range, "byte range outside of the file");
    if (count == 0) throw failed(ErrorCode::truncated, "the object ended before the range that was asked for");
    to_skip_ -= count;
  }
}

void HttpBodyReader::account(std::span<const std::byte> data) {
  left_ -= data.size();
  if (!expected_.known()) return;
  summer_.update(data);
  if (left_ == 0) verify();
}

void HttpBodyReader::verify() {
  const Checksum found = summer_.finish();
  if (!(found == expected_)) {
    throw failed(ErrorCode::corrupt, "the bytes received do not match the " +
                                         std::string(algorithm_name(expected_.algorithm)) + " checksum of the object");
  }
  expected_ = {};
}

Task<std::size_t> HttpBodyReader::read_into(std::span<std::byte> target) {
  if (buffered_) {
    const std::size_t count = std::min(target.size(), buffered_->size());
    if (count != 0) std::memcpy(target.data(), buffered_->data(), count);
    buffered_ = buffered_->slice(count, buffered_->size() - count);
    co_return count;
  }
  if (to_skip_ != 0) {
    Task<void> skipping = skip();
    co_await skipping;
  }
  target = target.first(static_cast<std::size_t>(std::min<std::uint64_t>(target.size(), left_)));
  if (target.empty()) co_return 0;
  Task<std::size_t> reading = response_->read_into(target);
  const std::size_t count = co_await reading;
  if (count == 0) {
    if (bounded_) throw failed(ErrorCode::truncated, "the object ended early");
    left_ = 0;
    if (expected_.known()) verify();
    co_return 0;
  }
  account(target.first(count));
  co_return count;
}

Task<Bytes> HttpBodyReader::read_all() {
  if (buffered_) co_return std::exchange(*buffered_, Bytes());
  if (left_ == 0) co_return Bytes();
  const bool to_the_end = response_->remaining() == std::optional<std::uint64_t>(left_);
  if (to_the_end && to_skip_ == 0) {
    Task<Bytes> reading = response_->read_all(static_cast<std::size_t>(left_));
    Bytes bytes = co_await reading;
    if (bytes.size() != left_) throw failed(ErrorCode::truncated, "the object ended early");
    account(bytes.span());
    co_return bytes;
  }
  constexpr std::uint64_t kFirstGuess = std::uint64_t{1} << 16;
  BytesBuffer buffer(static_cast<std::size_t>(bounded_ ? left_ : std::min(left_, kFirstGuess)));
  std::size_t filled = 0;
  while (left_ != 0) {
    if (filled == buffer.capacity()) buffer.grow(2 * filled);  // of unknown size
    Task<std::size_t> reading = read_into(buffer.span().subspan(filled));
    filled += co_await reading;
  }
  co_return std::move(buffer).freeze(filled);
}

}  // namespace genro::storage

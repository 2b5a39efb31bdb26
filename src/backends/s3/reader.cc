#include "backends/s3/reader.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "backends/s3/entry.h"
#include "codec/base64.h"
#include "genro/storage/error.h"

namespace genro::storage::s3 {

ObjectReader::ObjectReader(std::unique_ptr<HttpResponse> response, std::string path, bool etags_are_md5,
                           ByteRange wanted, bool verify)
    : response_(std::move(response)),
      path_(std::move(path)),
      etags_are_md5_(etags_are_md5),
      begin_(wanted.begin),
      expected_(verify && wanted.whole() ? object_checksum(response_->head) : Checksum()),
      summer_(expected_.algorithm) {
  const std::uint64_t size = object_size(response_->head);
  const std::uint64_t end = std::min(wanted.end, size);
  if (response_->head.status == 206) {
    const std::optional<ContentRange> range = parse_content_range(response_->head.find("content-range"));
    if (!range || range->begin != wanted.begin || range->end != end) {
      throw failed(ErrorCode::protocol, "the server sent another range than was asked for");
    }
  } else {
    if (begin_ > size) throw failed(ErrorCode::out_of_range, "byte range outside of the file");
    to_skip_ = begin_;
  }
  size_ = left_ = end - begin_;
  if (left_ == 0 || to_skip_ != 0 || response_->remaining() != std::optional<std::uint64_t>(left_)) return;
  at_hand_ = response_->take_buffered();
  if (at_hand_) account(at_hand_->span());
}

ObjectReader::ObjectReader(Entry entry, std::uint64_t begin)
    : path_(entry.path), entry_(std::move(entry)), begin_(begin), summer_(ChecksumAlgorithm::none) {}

const Entry& ObjectReader::entry() const noexcept {
  if (!entry_) entry_ = entry_of(response_->head, path_, etags_are_md5_);
  return *entry_;
}

Error ObjectReader::failed(ErrorCode code, std::string message) const {
  return Error(code, "read", path_, std::move(message));
}

Task<void> ObjectReader::skip() {
  std::array<std::byte, 16384> scratch;
  while (to_skip_ != 0) {
    const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(to_skip_, scratch.size()));
    Task<std::size_t> reading = response_->read_into(std::span(scratch).first(size));
    const std::size_t count = co_await reading;
    if (count == 0) throw failed(ErrorCode::truncated, "the object ended before the range that was asked for");
    to_skip_ -= count;
  }
}

void ObjectReader::account(std::span<const std::byte> data) {
  left_ -= data.size();
  if (!expected_.known()) return;
  summer_.update(data);
  if (left_ != 0) return;
  const Checksum found = summer_.finish();
  if (!(found == expected_)) {
    throw failed(ErrorCode::corrupt, "the bytes received do not match the " +
                                         std::string(algorithm_name(expected_.algorithm)) + " checksum of the object");
  }
  expected_ = {};
}

std::optional<ContentChecksum> ObjectReader::checksum() const {
  ContentChecksum result;
  switch (expected_.algorithm) {
    case ChecksumAlgorithm::crc64nvme: result.kind = ContentChecksum::Kind::crc64nvme; break;
    case ChecksumAlgorithm::crc32c: result.kind = ContentChecksum::Kind::crc32c; break;
    case ChecksumAlgorithm::crc32: result.kind = ContentChecksum::Kind::crc32; break;
    default: return std::nullopt;
  }
  const std::optional<std::vector<std::byte>> bytes = base64_decode(expected_.text);
  if (!bytes) return std::nullopt;
  for (const std::byte byte : *bytes) result.value = result.value << 8 | std::to_integer<std::uint64_t>(byte);
  return result;
}

Task<std::size_t> ObjectReader::read_into(std::span<std::byte> target) {
  if (at_hand_) {
    const std::size_t count = std::min(target.size(), at_hand_->size());
    if (count != 0) std::memcpy(target.data(), at_hand_->data(), count);
    at_hand_ = at_hand_->slice(count, at_hand_->size() - count);
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
  if (count == 0) throw failed(ErrorCode::truncated, "the object ended early");
  account(target.first(count));
  co_return count;
}

Task<Bytes> ObjectReader::read_all() {
  if (at_hand_) co_return std::exchange(*at_hand_, Bytes());
  if (left_ == 0) co_return Bytes();
  const bool to_the_end = response_->remaining() == std::optional<std::uint64_t>(left_);
  if (to_the_end && to_skip_ == 0) {
    Task<Bytes> reading = response_->read_all(static_cast<std::size_t>(left_));
    Bytes bytes = co_await reading;
    if (bytes.size() != left_) throw failed(ErrorCode::truncated, "the object ended early");
    account(bytes.span());
    co_return bytes;
  }
  BytesBuffer buffer(static_cast<std::size_t>(left_));
  std::size_t filled = 0;
  while (left_ != 0) {
    Task<std::size_t> reading = read_into(buffer.span().subspan(filled));
    filled += co_await reading;
  }
  co_return std::move(buffer).freeze(filled);
}

}  // namespace genro::storage::s3

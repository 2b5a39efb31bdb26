#include "backends/github/blob.h"

#include <utility>

#include "genro/storage/error.h"

namespace genro::storage::github {
namespace {

Error not_the_blob(const std::string& path) {
  return Error(ErrorCode::corrupt, "read", path,
               "the bytes received are not the blob that they should be, by its SHA-1");
}

}  // namespace

void require_blob(const Entry& entry, std::span<const std::byte> content) {
  GitBlobId id(entry.size);
  id.update(content);
  if (content.size() != entry.size || id.finish() != entry.etag) throw not_the_blob(entry.path);
}

BlobReader::BlobReader(Entry entry, ByteRange range, std::unique_ptr<HttpBodyReader> body)
    : entry_(std::move(entry)),
      range_(range),
      body_(std::move(body)),
      left_(range.end - range.begin),
      whole_(range.begin == 0 && range.end == entry_.size),
      id_(entry_.size) {
  if (body_->size() != kUnknown && body_->size() != left_)
    throw Error(ErrorCode::protocol, "read", entry_.path, "the server sends another size than the tree has");
}

void BlobReader::account(std::span<const std::byte> data) {
  if (data.size() > left_) throw not_the_blob(entry_.path);
  left_ -= data.size();
  if (!whole_) return;
  id_.update(data);
  if (left_ == 0 && id_.finish() != entry_.etag) throw not_the_blob(entry_.path);
}

void BlobReader::require_end() const {
  if (left_ != 0) throw Error(ErrorCode::truncated, "read", entry_.path, "the content ended early");
}

Task<std::size_t> BlobReader::read_into(std::span<std::byte> target) {
  Task<std::size_t> reading = body_->read_into(target);
  const std::size_t count = co_await reading;
  if (count == 0 && !target.empty()) require_end();
  if (count != 0) account(target.first(count));
  co_return count;
}

Task<Bytes> BlobReader::read_all() {
  Task<Bytes> reading = body_->read_all();
  Bytes rest = co_await reading;
  if (!rest.empty()) account(rest.span());
  require_end();
  co_return rest;
}

}  // namespace genro::storage::github

#include "genro/storage/bytes.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <new>

#include "genro/storage/error.h"

namespace genro::storage {
namespace {

// Giving back memory moves nothing for blocks of this size and larger (mremap), and is not worth it below.
constexpr std::size_t kShrinkThreshold = 64U << 10;

std::byte* data_of(BytesBlock* block) noexcept { return reinterpret_cast<std::byte*>(block) + BytesBlock::kHeaderSize; }

std::size_t block_size(std::size_t capacity) {
  if (capacity > SIZE_MAX / 2) throw std::bad_alloc();
  return BytesBlock::kHeaderSize + capacity + 1;
}

}  // namespace

Bytes Bytes::copy_of(std::span<const std::byte> data) {
  BytesBuffer buffer(data.size());
  if (!data.empty()) std::memcpy(buffer.data(), data.data(), data.size());
  return std::move(buffer).freeze(data.size());
}

Bytes Bytes::view_of(std::span<const std::byte> data, void* foreign, void (*release)(void*) noexcept) {
  auto* block = new BytesBlock;
  block->owned = false;
  block->release = release;
  block->foreign = foreign;
  return {block, data.data(), data.size()};
}

Bytes Bytes::slice(std::size_t offset, std::size_t size) const {
  if (offset > size_ || size > size_ - offset) throw Error(ErrorCode::out_of_range, "slice outside of the bytes");
  Bytes part(*this);
  part.data_ += offset;
  part.size_ = size;
  return part;
}

BytesBlock* Bytes::detach() noexcept {
  size_ = 0;
  return std::exchange(block_, nullptr);
}

void Bytes::destroy(BytesBlock* block) noexcept {
  if (block->owned) {
    std::free(block);
    return;
  }
  if (block->release) block->release(block->foreign);
  delete block;
}

BytesBuffer::BytesBuffer(std::size_t capacity) : capacity_(capacity) {
  void* memory = std::malloc(block_size(capacity));
  if (!memory) throw std::bad_alloc();
  block_ = new (memory) BytesBlock;
}

BytesBuffer::~BytesBuffer() { std::free(block_); }

std::byte* BytesBuffer::data() noexcept { return data_of(block_); }

void BytesBuffer::grow(std::size_t capacity) {
  if (capacity <= capacity_) return;
  // The header is a plain record that nobody else refers to yet: moving it bytewise is fine.
  void* memory = std::realloc(static_cast<void*>(block_), block_size(capacity));
  if (!memory) throw std::bad_alloc();
  block_ = static_cast<BytesBlock*>(memory);
  capacity_ = capacity;
}

Bytes BytesBuffer::freeze(std::size_t size) && {
  if (size + kShrinkThreshold < capacity_ || size < capacity_ / 2) {
    if (void* memory = std::realloc(static_cast<void*>(block_), block_size(size)))
      block_ = static_cast<BytesBlock*>(memory);
  }
  data_of(block_)[size] = std::byte{0};
  capacity_ = 0;
  BytesBlock* block = std::exchange(block_, nullptr);
  return {block, data_of(block), size};
}

Body::Body(Bytes bytes) : size_(bytes.size()) {
  if (size_ != 0) pieces_.push_back(std::move(bytes));
}

Body::Body(std::vector<Bytes> pieces) : pieces_(std::move(pieces)) {
  for (const Bytes& piece : pieces_) size_ += piece.size();
}

Body::Body(FileSpan file) : file_(std::move(file)), size_(file_.size) {}

Bytes Body::flatten() const {
  if (!is_file() && pieces_.size() == 1) return pieces_.front();
  BytesBuffer buffer(size_);
  std::size_t filled = 0;
  for (const Bytes& piece : pieces_) {
    if (piece.empty()) continue;
    std::memcpy(buffer.data() + filled, piece.data(), piece.size());
    filled += piece.size();
  }
  while (is_file() && filled < size_) {
    const ssize_t count =
        pread(*file_.descriptor, buffer.data() + filled, size_ - filled, static_cast<off_t>(file_.offset + filled));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw Error::from_errno(errno, "read", {});
    if (count == 0) throw Error(ErrorCode::truncated, "the file became shorter while it was being sent");
    filled += static_cast<std::size_t>(count);
  }
  return std::move(buffer).freeze(size_);
}

Body Body::slice(std::uint64_t offset, std::uint64_t size) const {
  if (offset > size_ || size > size_ - offset) throw Error(ErrorCode::out_of_range, "slice outside of the body");
  if (is_file()) return Body(FileSpan{file_.descriptor, file_.offset + offset, size});
  std::vector<Bytes> pieces;
  for (const Bytes& piece : pieces_) {
    if (size == 0) break;
    if (offset >= piece.size()) {
      offset -= piece.size();
      continue;
    }
    const std::size_t count = std::min<std::uint64_t>(size, piece.size() - offset);
    pieces.push_back(piece.slice(offset, count));
    size -= count;
    offset = 0;
  }
  return Body(std::move(pieces));
}

}  // namespace genro::storage

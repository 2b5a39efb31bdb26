// Bytes: an immutable, shared run of memory. Body: what a put sends, readable again and again.
// Used by every read and write. A block's header has room for a foreign object header in front of the data, so that
// a language binding can adopt a finished block without a copy; never rely on the block's inside elsewhere.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace genro::storage {

/// Reference-counted storage behind Bytes. `owned` blocks are one malloc: 32 bytes of header, the data, one NUL byte.
struct BytesBlock {
  static constexpr std::size_t kHeaderSize = 32;
  std::atomic<std::uint32_t> references{1};
  bool owned = true;  ///< false: `foreign` owns the memory
  void (*release)(void* foreign) noexcept = nullptr;
  void* foreign = nullptr;
};
static_assert(sizeof(BytesBlock) <= BytesBlock::kHeaderSize);

/// An immutable run of bytes; copies share the memory. Safe to use from several threads.
class Bytes {
 public:
  Bytes() noexcept = default;
  static Bytes copy_of(std::span<const std::byte> data);
  static Bytes copy_of(std::string_view text) { return copy_of(std::as_bytes(std::span(text))); }
  /// Memory owned by somebody else, for example a Python object; release(foreign) is called once, on any thread.
  static Bytes view_of(std::span<const std::byte> data, void* foreign, void (*release)(void*) noexcept);
  Bytes(const Bytes& other) noexcept : block_(other.block_), data_(other.data_), size_(other.size_) { retain(); }
  Bytes(Bytes&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)), data_(other.data_), size_(std::exchange(other.size_, 0)) {}
  Bytes& operator=(Bytes other) noexcept {
    std::swap(block_, other.block_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Bytes() { drop(); }

  const std::byte* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  std::span<const std::byte> span() const noexcept { return {data_, size_}; }
  std::string_view view() const noexcept { return {reinterpret_cast<const char*>(data_), size_}; }
  std::string to_string() const { return std::string(view()); }
  /// Shares the memory. `offset` + `size` must lie inside.
  Bytes slice(std::size_t offset, std::size_t size) const;
  friend bool operator==(const Bytes& a, const Bytes& b) noexcept {
    return a.size_ == b.size_ && (a.size_ == 0 || std::memcmp(a.data_, b.data_, a.size_) == 0);
  }

  /// The block, for a binding that adopts or recognises it. Not for other use.
  BytesBlock* block() const noexcept { return block_; }
  /// Gives up the reference without dropping it; the caller now owns the block.
  BytesBlock* detach() noexcept;

 private:
  friend class BytesBuffer;
  Bytes(BytesBlock* block, const std::byte* data, std::size_t size) noexcept
      : block_(block), data_(data), size_(size) {}
  void retain() noexcept {
    if (block_) block_->references.fetch_add(1, std::memory_order_relaxed);
  }
  void drop() noexcept {
    if (block_ && block_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy(block_);
  }
  static void destroy(BytesBlock* block) noexcept;

  BytesBlock* block_ = nullptr;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Memory being filled; freeze() turns it into Bytes without a copy. Move-only, one thread at a time.
class BytesBuffer {
 public:
  /// Uninitialised memory.
  explicit BytesBuffer(std::size_t capacity);
  BytesBuffer(BytesBuffer&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)), capacity_(std::exchange(other.capacity_, 0)) {}
  BytesBuffer& operator=(BytesBuffer&& other) noexcept {
    std::swap(block_, other.block_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~BytesBuffer();
  std::byte* data() noexcept;
  std::size_t capacity() const noexcept { return capacity_; }
  std::span<std::byte> span() noexcept { return {data(), capacity_}; }
  /// Grows to at least `capacity`, keeping what is there (realloc: large blocks move without copying).
  void grow(std::size_t capacity);
  /// The first `size` bytes; memory beyond them is given back when that pays. Leaves this empty.
  Bytes freeze(std::size_t size) &&;

 private:
  BytesBlock* block_ = nullptr;
  std::size_t capacity_ = 0;
};

/// A part of an open file. Keeps the descriptor open while any copy lives. Read with pread: offsets are shared by nobody.
struct FileSpan {
  std::shared_ptr<const int> descriptor;  ///< closed by its deleter
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

/// What a put sends: pieces of memory, or one span of a file. It can be read again, so a failed put can be repeated.
class Body {
 public:
  Body() = default;
  Body(Bytes bytes);  // NOLINT(google-explicit-constructor): a Bytes *is* a body
  explicit Body(std::vector<Bytes> pieces);
  explicit Body(FileSpan file);
  std::uint64_t size() const noexcept { return size_; }
  bool is_file() const noexcept { return file_.descriptor != nullptr; }
  const FileSpan& file() const noexcept { return file_; }
  /// Empty when the body is a file span.
  const std::vector<Bytes>& pieces() const noexcept { return pieces_; }
  /// Everything in one run: the single piece itself, or a copy. Reads the file when it is a file span (may block).
  Bytes flatten() const;
  /// The half-open range [offset, offset + size) as a body of its own; shares the memory or the file.
  Body slice(std::uint64_t offset, std::uint64_t size) const;

 private:
  std::vector<Bytes> pieces_;
  FileSpan file_;
  std::uint64_t size_ = 0;
};

}  // namespace genro::storage

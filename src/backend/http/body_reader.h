// HttpBodyReader: the body of a GET as a Reader, verified against a checksum where the server gave one.
// Used by backends over HTTP.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "backend/http/checksum.h"
#include "genro/storage/backend.h"
#include "net/http.h"

namespace genro::storage {

class HttpBodyReader final : public LeafReader {
 public:
  /// Describes the whole content by the head of an answer (200 or 206) that has a part of it.
  using EntryOf = Entry (*)(const HttpHead& head, std::string path);

  /// The answer to a GET; `wanted` is the range that was asked for, `expected` the checksum of just that if there is one.
  /// Throws protocol when the server sent another range, out_of_range when the content ends before it, and corrupt when a
  /// small content came wholly with the head and is not what its checksum says.
  HttpBodyReader(std::unique_ptr<HttpResponse> response, std::string path, ByteRange wanted, EntryOf entry_of,
                 Checksum expected = {});
  /// An empty range, which cannot be asked for.
  HttpBodyReader(Entry entry, std::uint64_t begin);
  /// The same of a content that was looked at because the server has nothing in a range of it. Throws out_of_range when the
  /// range begins beyond the end, and unavailable when there is something in it by now.
  static std::unique_ptr<Reader> of_nothing(Entry entry, ByteRange wanted);
  /// For a content whose parts cannot be asked for one by one: its size is not told, so that nobody splits it.
  void come_whole() noexcept { size_ = kUnknown; }
  // One for each request, as the frames of its coroutines.
  static void* operator new(std::size_t size) { return detail::allocate_frame(size); }
  static void operator delete(void* memory, std::size_t size) noexcept { detail::free_frame(memory, size); }

  const Entry& entry() const noexcept override;
  std::uint64_t begin() const noexcept override { return begin_; }
  std::uint64_t size() const noexcept override { return size_; }
  Task<std::size_t> read_into(std::span<std::byte> target) override;
  Task<Bytes> read_all() override;
  const Bytes* buffered() const noexcept override { return buffered_ ? &*buffered_ : nullptr; }
  bool gave_way() const noexcept override { return response_ && response_->gave_way(); }
  std::optional<ContentChecksum> checksum() const override { return content_checksum(expected_); }

 private:
  Task<void> skip();
  void account(std::span<const std::byte> data);
  void verify();
  Error failed(ErrorCode code, std::string message) const;

  std::unique_ptr<HttpResponse> response_;
  std::string path_;
  EntryOf entry_of_ = nullptr;
  mutable std::optional<Entry> entry_;  // made when it is first asked for: few readers of small contents ever do
  std::optional<Bytes> buffered_;       // what is left, when all of it has come
  std::uint64_t begin_ = 0;
  std::uint64_t size_ = 0;
  std::uint64_t left_ = 0;     // at most, unless it is bounded_
  bool bounded_ = true;        // the server said where it ends
  std::uint64_t to_skip_ = 0;  // a server that knows no ranges sends what stands before, too
  Checksum expected_;
  Checksummer summer_;
};

}  // namespace genro::storage

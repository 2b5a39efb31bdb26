// ObjectReader: the body of a GetObject as a Reader, verified against the object's checksum when it is read whole.
// Used by the S3 backend. A ranged read has no checksum of its own to be verified with.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "backends/s3/checksum.h"
#include "genro/storage/backend.h"
#include "net/http.h"

namespace genro::storage::s3 {

class ObjectReader final : public Reader {
 public:
  // The answer to a GetObject; `wanted` is the range that was asked for. Throws protocol when the server sent another,
  // and corrupt when a small object came wholly with the head and is not what its checksum says.
  ObjectReader(std::unique_ptr<HttpResponse> response, std::string path, bool etags_are_md5, ByteRange wanted,
               bool verify);
  // An empty range, which cannot be asked for.
  ObjectReader(Entry entry, std::uint64_t begin);
  // One for each request, as the frames of its coroutines.
  static void* operator new(std::size_t size) { return detail::allocate_frame(size); }
  static void operator delete(void* memory, std::size_t size) noexcept { detail::free_frame(memory, size); }

  const Entry& entry() const noexcept override;
  std::uint64_t begin() const noexcept override { return begin_; }
  std::uint64_t size() const noexcept override { return size_; }
  Task<std::size_t> read_into(std::span<std::byte> target) override;
  Task<Bytes> read_all() override;
  const Bytes* at_hand() const noexcept override { return at_hand_ ? &*at_hand_ : nullptr; }
  bool gave_way() const noexcept override { return response_ && response_->gave_way(); }
  std::optional<ContentChecksum> checksum() const override;

 private:
  Task<void> skip();
  void account(std::span<const std::byte> data);
  Error failed(ErrorCode code, std::string message) const;

  std::unique_ptr<HttpResponse> response_;
  std::string path_;
  bool etags_are_md5_ = false;
  mutable std::optional<Entry> entry_;  // made when it is first asked for: few readers of small objects ever do
  std::optional<Bytes> at_hand_;        // what is left, when all of it has come
  std::uint64_t begin_ = 0;
  std::uint64_t size_ = 0;
  std::uint64_t left_ = 0;
  std::uint64_t to_skip_ = 0;  // a server that knows no ranges sends what stands before, too
  Checksum expected_;
  Checksummer summer_;
};

}  // namespace genro::storage::s3

// ObjectReader: the body of a GetObject as a Reader, verified against the object's checksum when it is read whole.
// Used by the S3 backend. A ranged read has no checksum of its own to be verified with.
#pragma once

#include <memory>
#include <string>

#include "backends/s3_checksum.h"
#include "genro/storage/backend.h"
#include "net/http.h"

namespace genro::storage::s3 {

class ObjectReader final : public Reader {
 public:
  // `wanted` is the range that was asked for. Throws protocol when the server sent another. A null response stands
  // for an empty range, which cannot be asked for.
  ObjectReader(std::unique_ptr<HttpResponse> response, Entry entry, ByteRange wanted, bool verify);

  const Entry& entry() const noexcept override { return entry_; }
  std::uint64_t begin() const noexcept override { return begin_; }
  std::uint64_t size() const noexcept override { return size_; }
  Task<std::size_t> read_into(std::span<std::byte> target) override;
  Task<Bytes> read_all() override;
  std::optional<ContentChecksum> checksum() const override;

 private:
  Task<void> skip();
  void account(std::span<const std::byte> data);
  Error failed(ErrorCode code, std::string message) const;

  std::unique_ptr<HttpResponse> response_;
  Entry entry_;
  std::uint64_t begin_ = 0;
  std::uint64_t size_ = 0;
  std::uint64_t left_ = 0;
  std::uint64_t to_skip_ = 0;  // a server that knows no ranges sends what stands before, too
  Checksum expected_;
  Checksummer summer_;
};

}  // namespace genro::storage::s3

// Contents of files as blobs of git, whose names are checksums: SHA-1 of a header with their size, and of what is in them.
// Used by the github backend.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "backend/http/body_reader.h"
#include "codec/git_object.h"
#include "genro/storage/backend.h"

namespace genro::storage::github {

/// Throws corrupt unless the blob is the one that the entry (by etag and size) names.
void require_blob(const Entry& entry, std::span<const std::byte> content);

/// A blob that streams in, or a part of one. Read from beginning to end it is verified.
class BlobReader final : public LeafReader {
 public:
  /// `range`: within the blob. Throws protocol for an answer of another size.
  BlobReader(Entry entry, ByteRange range, std::unique_ptr<HttpBodyReader> body);

  /// For a server that sends no ranges: its size is not told, so that nobody splits it.
  void come_whole() noexcept { size_known_ = false; }
  const Entry& entry() const noexcept override { return entry_; }
  std::uint64_t begin() const noexcept override { return range_.begin; }
  std::uint64_t size() const noexcept override { return size_known_ ? range_.end - range_.begin : kUnknown; }
  Task<std::size_t> read_into(std::span<std::byte> target) override;
  Task<Bytes> read_all() override;
  bool gave_way() const noexcept override { return body_->gave_way(); }

 private:
  void account(std::span<const std::byte> data);
  void require_end() const;

  Entry entry_;
  ByteRange range_;
  std::unique_ptr<HttpBodyReader> body_;
  std::uint64_t left_;
  bool size_known_ = true;
  bool whole_;
  GitBlobId id_;
};

}  // namespace genro::storage::github

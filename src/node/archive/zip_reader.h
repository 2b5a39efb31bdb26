// ZipReader: the archive of a node as a stream that is made while it is read. Used by Node::zip and zip_to.
// Memory: one chunk of a member, and about 150 bytes for each member so far (the directory at the end of the archive).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "codec/crc.h"
#include "codec/deflate.h"
#include "codec/zip_records.h"
#include "genro/storage/backend.h"
#include "loop/give_way.h"
#include "node/archive/zip_members.h"

namespace genro::storage {

class ZipReader final : public LeafReader {
 public:
  explicit ZipReader(ZipMembers members) : members_(std::move(members)) {}
  const Entry& entry() const noexcept override { return entry_; }
  std::uint64_t begin() const noexcept override { return 0; }
  std::uint64_t size() const noexcept override { return kUnknown; }
  Task<std::size_t> read_into(std::span<std::byte> target) override;
  Task<Bytes> read_all() override;

 private:
  Task<void> produce();
  Task<void> begin_member(ZipMember member);
  Task<void> add_small_member(ZipRecord record);
  Task<void> add_chunk();
  void end_member();
  void add_directory();
  void give_out() noexcept;
  /// Where the next byte that is produced stands in the archive.
  std::uint64_t position() const noexcept { return given_ + out_.size(); }

  ZipMembers members_;
  Entry entry_;
  std::string out_;
  std::size_t used_ = 0;     // of out_
  std::uint64_t given_ = 0;  // bytes of the archive in front of out_
  bool finished_ = false;
  Stretch stretch_;
  // The member under way.
  std::unique_ptr<Reader> reader_;
  ZipRecord record_;
  Crc32 crc_;
  Deflater deflater_;
  std::uint64_t data_begin_ = 0;
  // The directory.
  std::vector<ZipRecord> records_;
  std::size_t listed_ = 0;
  std::uint64_t directory_begin_ = 0;
  bool in_directory_ = false;
};

}  // namespace genro::storage

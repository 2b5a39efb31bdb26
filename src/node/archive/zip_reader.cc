#include "node/archive/zip_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "backend/reader.h"
#include "genro/storage/error.h"
#include "loop/give_way.h"
#include "node/stored_content.h"
#include "node/virtual/node_stream.h"
#include "text/utf8.h"

namespace genro::storage {
namespace {

// From here on a member that turns out larger than announced, or that deflating makes larger, might need 64 bits.
constexpr std::uint64_t kLargeFrom = 0xF0000000;
constexpr std::size_t kRecordsAtOnce = 1000;
constexpr std::size_t kDeflateWeight = 8;  // packing a byte takes as long as hashing some eight

std::int64_t mtime_seconds(const Entry& entry) {
  if (entry.mtime_ns == Entry::kNoTime) return ZipRecord::kNoTime;
  constexpr std::int64_t kSecond = 1'000'000'000;
  return entry.mtime_ns / kSecond - (entry.mtime_ns % kSecond < 0 ? 1 : 0);
}

}  // namespace

Task<void> ZipReader::begin_member(ZipMember member) {
  Task<std::unique_ptr<Reader>> opening = open_node(std::move(member.node));
  reader_ = co_await opening;
  const Entry& entry = reader_->entry();
  ZipRecord record;
  record.utf8 = find_invalid_utf8(member.name) == std::string_view::npos;
  record.name = std::move(member.name);
  record.mtime_s = mtime_seconds(entry);
  if (entry.mode != 0) record.mode = entry.mode;
  record.offset = position();
  crc_ = Crc32();
  deflater_.reset();
  if (reader_->size() <= kChunk) {
    Task<void> adding = add_small_member(std::move(record));
    co_await adding;
    co_return;
  }
  record.streamed = true;
  record.large = reader_->size() >= kLargeFrom;  // also when it is unknown
  out_ += zip_local_header(record);
  data_begin_ = position();
  record_ = std::move(record);
}

/// In one piece, its CRC and sizes in front of it: what reads archives as streams likes that better.
Task<void> ZipReader::add_small_member(ZipRecord record) {
  Task<Bytes> reading = reader_->read_all();
  const Bytes content = co_await reading;
  reader_.reset();
  auto packing = offload([&] {
    std::string data;
    deflater_.add(content.span(), true, data);
    record.crc = Crc32::of(content.span());
    record.size = content.size();
    record.compressed = data.size();
    (out_ += zip_local_header(record)) += data;
  });
  co_await packing;
  co_await give_way(stretch_, content.size() * kDeflateWeight + kEntryBytes);
  records_.push_back(std::move(record));
}

Task<void> ZipReader::add_chunk() {
  BytesBuffer buffer(kChunk);
  Task<std::size_t> filling = fill(*reader_, buffer.span());
  const std::size_t size = co_await filling;
  const bool last = size < kChunk;
  auto packing = offload([&] {
    const std::span<const std::byte> data = buffer.span().first(size);
    crc_.update(data);
    deflater_.add(data, last, out_);
  });
  co_await packing;
  co_await give_way(stretch_, size * kDeflateWeight);
  record_.size += size;
  if (last) end_member();
}

void ZipReader::end_member() {
  reader_.reset();
  record_.crc = crc_.value();
  record_.compressed = position() - data_begin_;
  out_ += zip_descriptor(record_);
  records_.push_back(std::move(record_));
}

void ZipReader::add_directory() {
  const std::size_t end = std::min(listed_ + kRecordsAtOnce, records_.size());
  for (; listed_ < end; ++listed_) out_ += zip_directory_entry(records_[listed_]);
  if (listed_ < records_.size()) return;
  out_ += zip_end(records_.size(), directory_begin_, position() - directory_begin_);
  finished_ = true;
}

Task<void> ZipReader::produce() {
  if (reader_) {
    Task<void> adding = add_chunk();
    co_await adding;
    co_return;
  }
  if (!in_directory_) {
    Task<std::optional<ZipMember>> choosing = members_.next();
    std::optional<ZipMember> member = co_await choosing;
    if (member) {
      Task<void> beginning = begin_member(std::move(*member));
      co_await beginning;
      co_return;
    }
    in_directory_ = true;
    directory_begin_ = position();
  }
  add_directory();
}

void ZipReader::give_out() noexcept {
  given_ += out_.size();
  out_.clear();
  used_ = 0;
}

Task<std::size_t> ZipReader::read_into(std::span<std::byte> target) {
  if (target.empty()) co_return 0;
  while (used_ == out_.size()) {
    give_out();
    if (finished_) co_return 0;
    Task<void> producing = produce();
    co_await producing;
  }
  const std::size_t count = std::min(target.size(), out_.size() - used_);
  std::memcpy(target.data(), out_.data() + used_, count);
  used_ += count;
  co_return count;
}

Task<Bytes> ZipReader::read_all() {
  BytesBuffer buffer(4096);
  std::size_t filled = 0;
  for (;;) {
    Task<std::size_t> filling = fill(*this, buffer.span().subspan(filled));
    const std::size_t got = co_await filling;
    filled += got;
    if (filled < buffer.capacity()) break;
    buffer.grow(2 * filled);
  }
  co_return std::move(buffer).freeze(filled);
}

namespace {

Task<std::unique_ptr<Reader>> open_archive(Node node, std::optional<Location> without) {
  Task<ZipMembers> choosing = ZipMembers::of(std::move(node), std::move(without));
  ZipMembers members = co_await choosing;
  co_return std::make_unique<ZipReader>(std::move(members));
}

Task<Bytes> zip_whole(Node node) {
  Task<std::unique_ptr<Reader>> opening = open_archive(std::move(node), std::nullopt);
  const std::unique_ptr<Reader> archive = co_await opening;
  Task<Bytes> reading = archive->read_all();
  co_return co_await reading;
}

Task<Node> zip_into(Node node, Node target) {
  require_storable(target, "zip");
  std::optional<Location> without;
  if (!target.detached()) without = Location{target.mount(), target.path()};
  Task<std::unique_ptr<Reader>> opening = open_archive(std::move(node), std::move(without));
  std::unique_ptr<Reader> archive = co_await opening;
  Task<Node> storing = store_node(std::move(target), std::move(archive));
  co_return co_await storing;
}

Task<Node> zip_to_address(Node node, std::string address) {
  if (!node.manager()) throw Error(ErrorCode::invalid_argument, "zip", "None:", "the node belongs to no manager");
  Task<Node> zipping = zip_into(node, node_at(node.manager(), address));
  co_return co_await zipping;
}

}  // namespace

Task<Bytes> Node::zip() const { return zip_whole(*this); }
Task<Node> Node::zip_to(Node target) const { return zip_into(*this, std::move(target)); }
Task<Node> Node::zip_to(std::string address) const { return zip_to_address(*this, std::move(address)); }

}  // namespace genro::storage

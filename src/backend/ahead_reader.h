// AheadReader: a large object as one stream, its next parts fetched in parallel while the current one is consumed. Parts are
// delivered in order; at most in_flight + 1 of them are in memory. Made by open_reader() only.
// A consumer that stops early has cost no more than the first part: fetching ahead begins once reading has gone on for a while.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "backend/background.h"
#include "backend/block_pool.h"
#include "backend/content_check.h"
#include "backend/reader.h"

namespace genro::storage {

class AheadReader final : public LeafReader {
 public:
  /// `first` is unread and of known size; it serves the first part.
  AheadReader(std::shared_ptr<Backend> backend, std::string path, ReadOptions options, ReadLimits limits,
              std::unique_ptr<Reader> first);
  const Entry& entry() const noexcept override { return entry_; }
  std::uint64_t begin() const noexcept override { return begin_; }
  std::uint64_t size() const noexcept override { return end_ - begin_; }
  Task<std::size_t> read_into(std::span<std::byte> target) override;
  Task<Bytes> read_some(std::size_t most) override;
  Task<Bytes> read_all() override;
  Task<std::uint64_t> save(FileSink& file) override;

 private:
  void account(std::span<const std::byte> data);
  Task<Bytes> next_part();
  Task<void> load();
  Task<void> load_first();
  void fetch_ahead(Context& context);

  std::shared_ptr<Backend> backend_;
  std::string path_;
  ReadOptions options_;
  ReadLimits limits_;
  std::shared_ptr<BlockPool> blocks_;
  std::unique_ptr<Reader> first_;  // until its part is read
  Entry entry_;
  std::optional<RunningCheck> check_;
  std::uint64_t begin_;
  std::uint64_t end_;
  std::uint64_t first_end_;   // where the first reader's part ends
  std::uint64_t position_;    // next byte to deliver
  std::uint64_t next_begin_;  // next part to ask for
  std::deque<Background<Bytes>> parts_;
  Bytes current_;
  std::size_t used_ = 0;  // of current_
};

}  // namespace genro::storage

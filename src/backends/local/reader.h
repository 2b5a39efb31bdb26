// LocalReader: reads one open file. Made by the local backend. What it gives is the file that was opened, also when another
// one has its name by now; a file that became shorter meanwhile is an error, never a short content.
#pragma once

#include <optional>

#include "backends/local/rooted_path.h"
#include "genro/storage/backend.h"
#include "loop/give_way.h"

namespace genro::storage::local {

class LocalReader final : public LeafReader {
 public:
  /// Takes over an open regular file. Throws out_of_range, precondition_failed.
  LocalReader(Files& files, OpenFile opened, std::string path, const ReadOptions& options, std::shared_ptr<Pace> pace,
              ThreadShare& threads);
  ~LocalReader() override;
  const Entry& entry() const noexcept override;
  std::uint64_t begin() const noexcept override { return begin_; }
  std::uint64_t size() const noexcept override { return end_ - begin_; }
  Task<std::size_t> read_into(std::span<std::byte> target) override;
  Task<Bytes> read_all() override;
  /// Gives the file away: nothing can be read here any more.
  std::optional<FileSpan> file_span() override;

 private:
  /// Reads without waiting for a disk what can be had so, at most a piece that does not hold up a loop; the bytes read.
  std::size_t read_cached(std::span<std::byte> target);
  /// Fills the target; may block.
  void read_fully(std::span<std::byte> target);
  /// Fills the target from where the reader stands, by whichever thread may wait.
  Task<void> fill(std::span<std::byte> target);
  /// At the end of the content, where the caller wants only what it was when he looked.
  Task<void> confirm();
  void check_unchanged() const;
  bool closes_quickly() const noexcept;
  Error shorter() const;

  Files& files_;
  Descriptor file_;
  struct stat status_;
  bool quick_;
  std::string path_;
  std::string if_match_;
  std::shared_ptr<Pace> pace_;
  ThreadShare& threads_;  // of the pace, or general
  std::uint64_t begin_;
  std::uint64_t end_;
  std::uint64_t position_;
  Stretch stretch_;
  mutable std::optional<Entry> entry_;
};

}  // namespace genro::storage::local

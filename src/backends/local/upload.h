// LocalUpload: a content that comes in parts, written straight into the file that will replace the target. Made by the
// local backend. Parts are laid behind each other as they come; only when that is not their order are they copied once more.
// Nothing is seen of it before complete(); dropped without it, it leaves nothing behind.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backends/local/atomic_write.h"
#include "genro/storage/backend.h"

namespace genro::storage::local {

class LocalUpload final : public LeafUpload {
 public:
  using Make = std::function<std::unique_ptr<AtomicWrite>()>;
  /// `make` gives a fresh replacement of the target, of unknown size; it may block, and is called again at most once.
  LocalUpload(Make make, std::string path, std::shared_ptr<Pace> pace, ThreadShare& threads)
      : make_(std::move(make)), path_(std::move(path)), pace_(std::move(pace)), threads_(threads), target_(make_()) {}

  Task<std::string> part(int number, Body body) override;
  Task<Entry> complete(std::vector<std::string> tags) override;
  Task<void> abort() override;
  std::uint64_t part_size(std::uint64_t total_size) const override;

 private:
  /// Where a part lies in the file; a tag is one of these as text.
  struct Extent {
    std::uint64_t begin = 0;
    std::uint64_t size = 0;
    std::string to_tag() const;
  };
  Extent extent_of(const std::string& tag) const;
  AtomicWrite& target() const;
  bool in_order(const std::vector<Extent>& extents) const noexcept;

  Make make_;
  std::string path_;
  std::shared_ptr<Pace> pace_;  // keeps the threads' share
  ThreadShare& threads_;
  std::unique_ptr<AtomicWrite> target_;  // until it was completed or aborted
  std::atomic<std::uint64_t> end_{0};    // of what parts have taken
};

}  // namespace genro::storage::local

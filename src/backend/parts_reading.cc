#include "backend/parts_reading.h"

#include <algorithm>
#include <utility>

#include "loop/task_group.h"

namespace genro::storage {

// No single answer holds the whole content, so the checksum of the whole is checked here.
PartsReading::PartsReading(Backend& backend, std::string path, ReadOptions options, ReadLimits limits,
                           std::unique_ptr<Reader> first, std::uint64_t size)
    : backend_(backend),
      path_(std::move(path)),
      options_(std::move(options)),
      limits_(limits),
      first_(std::move(first)),
      begin_(first_->begin()),
      size_(size),
      entry_(first_->entry()),
      check_(size == first_->size() ? first_->checksum() : std::nullopt, size, limits.part_size) {}

Task<void> PartsReading::run() {
  const auto count = static_cast<std::size_t>((size_ + limits_.part_size - 1) / limits_.part_size);
  Task<void> all = for_each_parallel(count, limits_.in_flight, [this](std::size_t index) { return part(index); });
  co_await all;
  check_.require(path_);
}

Task<void> PartsReading::part(std::size_t index) {
  const std::uint64_t offset = index * limits_.part_size;
  const Part mine{index, offset, std::min(limits_.part_size, size_ - offset)};
  std::unique_ptr<Reader> reader = index == 0 ? std::move(first_) : nullptr;
  if (!reader) {
    ReadOptions own = options_;
    own.range = {begin_ + offset, begin_ + offset + mine.size};
    Task<std::unique_ptr<Reader>> opening = open_part(backend_, path_, std::move(own), entry_);
    reader = co_await opening;
  }
  Task<void> taking = take(*reader, mine);
  co_await taking;
  if (index == 0) co_return;  // its answer goes on behind the part
  Task<void> ending = require_end(*reader);
  co_await ending;
}

}  // namespace genro::storage

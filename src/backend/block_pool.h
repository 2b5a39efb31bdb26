// BlockPool: blocks of one size that are filled, given out as Bytes and come back when nobody reads them any more. Used by
// streams, whose parts would else be fresh memory each time, which costs as much as filling it.
// It never keeps more blocks than were in use at once, and all go with it. Any thread.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "core/mutex.h"
#include "genro/storage/bytes.h"

namespace genro::storage {

class BlockPool : public std::enable_shared_from_this<BlockPool> {
 public:
  static std::shared_ptr<BlockPool> make(std::size_t block_size) {
    return std::shared_ptr<BlockPool>(new BlockPool(block_size));
  }
  /// At least block_size bytes. To be given to seal(), or dropped.
  BytesBuffer take();
  /// The first `size` bytes; the block comes back after their last use.
  Bytes seal(BytesBuffer block, std::size_t size);

 private:
  struct Lent;
  explicit BlockPool(std::size_t block_size) : block_size_(block_size) {}

  std::size_t block_size_;
  Mutex mutex_;
  std::vector<BytesBuffer> idle_;
};

}  // namespace genro::storage

#include "backend/block_pool.h"

#include <utility>

namespace genro::storage {

struct BlockPool::Lent {
  std::weak_ptr<BlockPool> pool;
  BytesBuffer block;
  static void give_back(void* record) noexcept {
    const std::unique_ptr<Lent> lent(static_cast<Lent*>(record));
    const std::shared_ptr<BlockPool> pool = lent->pool.lock();
    if (!pool) return;
    const std::lock_guard lock(pool->mutex_);
    // Room was made when the block was taken.
    if (pool->idle_.size() < pool->idle_.capacity()) pool->idle_.push_back(std::move(lent->block));
  }
};

BytesBuffer BlockPool::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      BytesBuffer block = std::move(idle_.back());
      idle_.pop_back();
      return block;
    }
    idle_.reserve(idle_.capacity() + 1);
  }
  return BytesBuffer(block_size_);
}

Bytes BlockPool::seal(BytesBuffer block, std::size_t size) {
  auto lent = std::make_unique<Lent>(Lent{weak_from_this(), std::move(block)});
  const std::span<const std::byte> data = lent->block.span().first(size);
  Bytes bytes = Bytes::view_of(data, lent.get(), &Lent::give_back);
  static_cast<void>(lent.release());  // the bytes own it now
  return bytes;
}

}  // namespace genro::storage

// Appending in the memory tree. Behind a content that was appended to lies room, which doubles: many small appends do not copy
// what is there each time. Who holds the content as it was sees none of what is written behind it.
#include <algorithm>
#include <cstring>
#include <utility>

#include "backends/memory/tree.h"
#include "genro/storage/error.h"

namespace genro::storage {

struct MemoryTree::Growth {
  explicit Growth(std::size_t room) : memory(new std::byte[room]), capacity(room) {}
  /// What is used so far, as bytes that keep this alive.
  static Bytes used_of(const std::shared_ptr<Growth>& growth) {
    auto* owner = new std::shared_ptr<Growth>(growth);
    return Bytes::view_of({growth->memory.get(), growth->used}, owner,
                          [](void* held) noexcept { delete static_cast<std::shared_ptr<Growth>*>(held); });
  }
  std::unique_ptr<std::byte[]> memory;
  std::size_t capacity;
  std::size_t used = 0;
};

namespace {
/// Whether the growth holds these `used` bytes, and has room for `more` behind them.
template <class Growth>
bool takes(const Growth& growth, std::size_t used, std::size_t more) noexcept {
  return growth && growth->used == used && growth->capacity - used >= more;
}
}  // namespace

std::size_t MemoryTree::moved_by_append(const MemoryPath& place, std::size_t size) const {
  const Hashed key(place.path);
  const Shard& shard = this->shard(key);
  std::lock_guard lock(shard.mutex);
  const auto found = shard.files.find(key);
  if (found == shard.files.end()) return 0;  // the file becomes the very bytes
  const std::size_t used = found->second.content.size();
  return takes(found->second.growth, used, size) ? size : used + size;
}

std::uint64_t MemoryTree::append(const MemoryPath& place, const Bytes& more, std::int64_t now_ns) {
  const Hashed key(place.path);
  Shard& shard = this->shard(key);
  for (;;) {
    {
      Bytes old;  // dropped after the lock
      std::lock_guard lock(shard.mutex);
      const auto found = shard.files.find(key);
      if (found != shard.files.end()) {
        Stored& stored = found->second;
        const std::size_t used = stored.content.size();
        if (!takes(stored.growth, used, more.size())) {
          auto growth = std::make_shared<Growth>(std::max<std::size_t>(4096, (used + more.size()) * 2));
          if (used != 0) std::memcpy(growth->memory.get(), stored.content.data(), used);
          growth->used = used;
          stored.growth = std::move(growth);
        }
        if (!more.empty()) std::memcpy(stored.growth->memory.get() + used, more.data(), more.size());
        stored.growth->used += more.size();
        old = std::exchange(stored.content, Growth::used_of(stored.growth));
        stored.mtime_ns = now_ns;
        return stored.version = next_version();
      }
    }
    // Absent: made like any other file, unless somebody makes it first.
    try {
      return put(place, MemoryFile{more, now_ns, 0, {}}, When::if_absent());
    } catch (const Error& error) {
      if (error.code() != ErrorCode::precondition_failed) throw;
    }
  }
}

}  // namespace genro::storage

// MountView: mounts by name without a lock, for a user who is one thread at a time (Python, under its GIL).
// It holds on to one table of a manager and asks only whether there is a newer one by now. forget() lets go of it, and so
// of mounts that are gone: to be called when the user changes the table. Not for the engine, which is any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "node/mount.h"

namespace genro::storage {

class MountView {
 public:
  /// The mount of that name, valid until the next call; null when there is none.
  const MountPointer* find(const ManagerState& manager, std::string_view name) {
    if (!table_ || changes_ != manager.changes()) table_ = manager.table(changes_);
    for (const MountPointer& mount : *table_) {
      if (mount->name == name) return &mount;
    }
    return nullptr;
  }
  void forget() noexcept { table_.reset(); }

 private:
  std::shared_ptr<const MountTable> table_;
  std::uint64_t changes_ = 0;
};

}  // namespace genro::storage

#include "backends/local/staged_file.h"

#include "loop/offload.h"

namespace genro::storage::local {

Task<Entry> LocalStagedFile::commit() {
  auto finishing = offload(
      [this] {
        target_->close_at_end();
        Entry entry = target_->commit();
        target_.reset();
        return entry;
      },
      threads_);
  Entry entry = co_await finishing;
  co_return entry;
}

}  // namespace genro::storage::local

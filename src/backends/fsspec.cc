#include "backends/fsspec.h"

#include <atomic>

namespace genro::storage {
namespace {

std::atomic<FsspecMaker> fsspec_maker{nullptr};

}  // namespace

void set_fsspec_maker(FsspecMaker made_by) noexcept { fsspec_maker.store(made_by, std::memory_order_release); }

std::shared_ptr<Backend> make_fsspec(const MountContext& context) {
  const FsspecMaker make = fsspec_maker.load(std::memory_order_acquire);
  if (!make)
    throw context.options.wrong("filesystem", "needs Python: mount it in a program that imports genro_storage");
  return make(context.options);
}

}  // namespace genro::storage

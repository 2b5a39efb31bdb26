// A backend that needs a library which this machine does not have.
#include "genro/storage/loadable_backend.h"

extern "C" int genro_absent();

namespace {
std::shared_ptr<genro::storage::Backend> make(const genro::storage::MountContext&) {
  return genro_absent() == 7 ? nullptr : nullptr;
}
constexpr genro::storage::Protocol kProtocol{.name = "absent", .summary = "Needs what is missing", .make = &make};
constexpr genro::storage::BackendLibrary kLibrary{.protocol = &kProtocol};
}  // namespace

const genro::storage::BackendLibrary* genro_storage_backend() noexcept { return &kLibrary; }

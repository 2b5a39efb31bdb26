// A backend that was built for another version: it calls what this one does not have.
#include "genro/storage/loadable_backend.h"

namespace genro::storage {
std::shared_ptr<Backend> of_another_version(const MountContext& context);
}  // namespace genro::storage

namespace {
constexpr genro::storage::Protocol kProtocol{
    .name = "newer", .summary = "Of another version", .make = &genro::storage::of_another_version};
constexpr genro::storage::BackendLibrary kLibrary{.protocol = &kProtocol};
}  // namespace

const genro::storage::BackendLibrary* genro_storage_backend() noexcept { return &kLibrary; }

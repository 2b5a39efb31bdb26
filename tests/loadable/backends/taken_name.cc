// A backend whose protocol has the name of one that the library has.
#include "genro/storage/loadable_backend.h"

namespace {
std::shared_ptr<genro::storage::Backend> make(const genro::storage::MountContext&) { return nullptr; }
constexpr genro::storage::Protocol kProtocol{
    .name = "memory", .summary = "Not the memory that you know", .make = &make};
constexpr genro::storage::BackendLibrary kLibrary{.protocol = &kProtocol};
}  // namespace

const genro::storage::BackendLibrary* genro_storage_backend() noexcept { return &kLibrary; }

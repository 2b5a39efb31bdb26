// A backend that was built for another version: the same names, other layouts.
#include "genro/storage/loadable_backend.h"

namespace {
std::shared_ptr<genro::storage::Backend> make(const genro::storage::MountContext&) { return nullptr; }
constexpr genro::storage::Protocol kProtocol{.name = "older", .summary = "Of another version", .make = &make};
constexpr genro::storage::BackendLibrary kLibrary{.abi = "0.1.0 (headers 000000000000), libstdc++",
                                                  .protocol = &kProtocol};
}  // namespace

const genro::storage::BackendLibrary* genro_storage_backend() noexcept { return &kLibrary; }

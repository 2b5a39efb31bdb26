// What a shared object needs to bring a protocol of its own: it defines genro_storage_backend(), which describes the protocol.
// StorageManager::load_backend() loads it. Included by such a backend alone; docs/backend-in-cpp.md is the guide.
// It must be built for the very version of the library that loads it, which `abi` lets the library check.
#pragma once

#include <cstdint>

#include "genro/storage/abi.h"
#include "genro/storage/protocol.h"

namespace genro::storage {

/// The description. Its first two members keep their places in all versions, so that each can tell that it is not another's.
struct BackendLibrary {
  static constexpr std::uint32_t kFormat = 1;
  std::uint32_t format = kFormat;
  const char* abi = GENRO_STORAGE_ABI;  ///< As the backend saw it when it was compiled.
  const Protocol* protocol = nullptr;   ///< Must live for as long as the process does.
};

}  // namespace genro::storage

/// Defined by the shared object; called once, when it is loaded. What it gives must live for as long as the process does.
extern "C" [[gnu::visibility("default")]] const genro::storage::BackendLibrary* genro_storage_backend() noexcept;

// Event loops that are not asyncio's: the engine's awaitables cannot wait in them, so that nothing is begun there.
// Asked by dual.h where no loop of asyncio runs, and by awaitables. GIL held throughout.
#pragma once

namespace genro::storage::python {

/// Throws ErrorIsSet with StorageEventLoopError when another library than asyncio runs the event loop of this thread.
/// Where the package sniffio, by which such libraries make themselves known, was never imported, this costs nothing.
void refuse_foreign_loop();

/// Sets StorageEventLoopError for an awaitable that is awaited where no loop of asyncio runs, and throws ErrorIsSet.
[[noreturn]] void refuse_without_loop();

}  // namespace genro::storage::python

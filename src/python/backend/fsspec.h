// Filesystems of the package fsspec as mounts: what the engine's protocol "fsspec" (backends/fsspec.h) asks Python for.
#pragma once

namespace genro::storage::python {

/// From now on the engine can mount them. The package is imported when the first one is configured.
void serve_fsspec() noexcept;

}  // namespace genro::storage::python

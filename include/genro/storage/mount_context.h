// MountContext: what the factory of a protocol (protocol.h) makes a backend from: the options of the mount, the world that it
// works in, and the mounts that were configured before it. Filled by the manager.
// Valid during the call only: keep what it gave, never the context or a reference to its options.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "genro/storage/backend.h"
#include "genro/storage/mount_options.h"

namespace genro::storage {

struct Env;  // core/env.h: clock, random numbers, files and network of the library, as tests replace them

/// A file or folder of another mount, for a backend that keeps its content there, such as an archive.
struct ResolvedPath {
  std::shared_ptr<Backend> backend;  ///< With the layers of its mount: its permissions and retries hold here, too.
  std::string path;                  ///< On `backend`.
};

/// Finds "mount:path" among the mounts configured so far. Throws config, in the words of the mount that asks: no such mount,
/// a path that none can be, or a mount that stands on the one being made. The mount being made then stands on the one found:
/// StorageManager::close() closes it first. Touches no storage.
using ResolveAddress = std::function<ResolvedPath(std::string_view address)>;

struct MountContext {
  const MountOptions& options;
  Env& env;
  ResolveAddress resolve = {};  ///< Set whenever a manager makes the mount.
};

}  // namespace genro::storage

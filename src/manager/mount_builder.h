// From the keys and values of one mount to a Mount: checks in the order that users rely on, references resolved, layers
// stacked (backend, retry, prefix, permission). Used by StorageManager::configure. Makes no network call.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/env.h"
#include "genro/storage/config.h"
#include "node/mount.h"

namespace genro::storage {

struct BuildOptions {
  Env& env;
  bool strict;
  std::function<void(const std::string& text)> warn;
  std::shared_ptr<const KeyRing> keys;  ///< of the manager
  bool cipher = true;                   ///< false: declaring encryption is refused
};

/// `earlier`: the mounts that a relative one may stand on. Throws config, or what the backend's factory throws.
MountPointer build_mount(const MountConfig& config, const MountTable& earlier, const BuildOptions& options);

/// A mount over a backend that somebody else made.
MountPointer wrap_backend(std::string name, std::shared_ptr<Backend> backend, Env& env,
                          std::shared_ptr<const KeyRing> keys = nullptr);

/// Throws config when no mount can have this name.
void check_mount_name(const std::string& name);

}  // namespace genro::storage

// The table of protocols: the only place that knows every backend. Used by the manager. A new backend is one line in protocols.cc.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "backend/mount_options.h"
#include "core/env.h"
#include "genro/storage/backend.h"

namespace genro::storage {

struct Protocol {
  std::string_view name;  ///< "local"
  /// Makes a backend from a mount's configuration; no network. Throws config, or what a wrong folder deserves.
  std::shared_ptr<Backend> (*make)(const MountOptions& options, Env& env);
  std::span<const std::string_view>
      keys;  ///< Its own keys; those of every mount (name, protocol, …) are the manager's.
  std::string_view description;
};

/// In the order that messages list them.
std::span<const Protocol> all_protocols() noexcept;
const Protocol* find_protocol(std::string_view name) noexcept;

}  // namespace genro::storage

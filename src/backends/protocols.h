// The table of protocols: the only place that knows every backend. Used by the manager. A new backend is one line in protocols.cc.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "backend/mount_context.h"
#include "backend/option_spec.h"
#include "genro/storage/backend.h"

namespace genro::storage {

struct Protocol {
  std::string_view name;     ///< "local"
  std::string_view summary;  ///< In a few words.
  std::span<const OptionSpec>
      options;  ///< Its own; those of every mount (name, protocol, …) are the manager's (manager/mount_keys.h).
  /// Makes a backend from a mount's configuration, which MountOptions::check() was content with; no network. Throws config,
  /// or what a wrong folder deserves. Null: this version has the protocol's options, but not the protocol.
  std::shared_ptr<Backend> (*make)(const MountContext& context) = nullptr;
  std::string_view fsspec = {};  ///< The filesystem of the package fsspec that serves it for as long as `make` is null.
};

/// In the order that messages list them.
std::span<const Protocol> all_protocols() noexcept;
const Protocol* find_protocol(std::string_view name) noexcept;

}  // namespace genro::storage

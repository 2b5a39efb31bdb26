// Protocol: one way to reach files, as data: its name, its options, and what makes a backend of them. Written beside each
// backend; those that come with the library stand in backends/protocols.cc, others are loaded (loadable_backend.h).
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "genro/storage/mount_context.h"
#include "genro/storage/option_spec.h"

namespace genro::storage {

struct Protocol {
  std::string_view name = {};     ///< "local"
  std::string_view summary = {};  ///< In a few words.
  /// Its own; the manager adds those of every mount (name, protocol, permissions, mimetypes, default_encrypted).
  std::span<const OptionSpec> options = {};
  /// Makes a backend from a mount's configuration, which MountOptions::check() was content with; no network. Throws config,
  /// or what a wrong folder deserves.
  std::shared_ptr<Backend> (*make)(const MountContext& context) = nullptr;
  // Of protocols in the library's own table whose `make` is null:
  std::string_view fsspec = {};  ///< One that is still to come: the filesystem of fsspec that serves it meanwhile.
  std::string_view package =
      {};  ///< One in a shared object of its own (genro_NAME.so): Debian's package that it needs.
};

}  // namespace genro::storage

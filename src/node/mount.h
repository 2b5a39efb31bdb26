// Mount: one configured name and the stack of layers over its backend. ManagerState: a manager's table of mounts.
// Used by nodes (which hold their Mount for ever) and by the manager (which replaces whole tables). A Mount never changes
// after it was published; never hand out a reference into a table without holding the table.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/env.h"
#include "core/mutex.h"
#include "genro/storage/backend.h"
#include "genro/storage/capabilities.h"
#include "genro/storage/encryption.h"
#include "layers/permission.h"
#include "node/mimetypes.h"

namespace genro::storage {

class Files;           // core/files.h
class KeyRing;         // node/key_ring.h
class VirtualContent;  // node/virtual/content.h
struct Snapshot;       // node/snapshot.h

struct Mount {
  std::string name;
  std::string protocol;              ///< "local"
  std::string base;                  ///< Where it was configured to stand: "bucket/prefix", a folder; "" when unknown.
  bool base_by_prefix = false;       ///< Its base is a function of the first component of the path.
  std::shared_ptr<Backend> backend;  ///< The outermost layer: what nodes call.
  std::shared_ptr<Backend> base_backend;  ///< The same without permission and prefix layers; two mounts may share one.
  std::string prefix;                     ///< Where this mount's root lies in `base_backend`.
  std::vector<std::shared_ptr<const Mount>>
      stands_on;                               ///< Its parent, or the mounts that its backend keeps its content on.
  Permission permission = Permission::remove;  ///< What the whole chain of layers allows.
  Caps caps;                                   ///< Of `base_backend`.
  Files* files = nullptr;                      ///< Where temporary files may be made; null = keep everything in memory.
  Capabilities capabilities;                   ///< Of the mount as its users see it.
  std::shared_ptr<const Snapshot> snapshot;    ///< Set where this mount only shows one version of its files.
  std::shared_ptr<VirtualContent> content;     ///< Of a virtual node, which has a mount of its own; else null.
  Mimetypes mimetypes;                         ///< What its configuration says of extensions.
  Encrypted default_encrypted = false;         ///< For writes that do not say; a relative mount has its own.
  std::shared_ptr<const KeyRing> keys;         ///< The manager's; null = none can be installed.

  std::string address(std::string_view path) const;  ///< "name:path", for messages
};
using MountPointer = std::shared_ptr<const Mount>;

class Node;
/// What nodes without a mount work on: every operation fails with invalid_argument.
const MountPointer& detached_mount();
/// The node's mount, or that.
const MountPointer& mount_of(const Node& node) noexcept;

/// The same for one virtual node, whose content it holds.
MountPointer virtual_mount(std::shared_ptr<VirtualContent> content);

Capabilities capabilities_of(const Caps& caps, Permission permission);
/// What is left of them behind a permission level.
Capabilities limited(Capabilities capabilities, Permission permission) noexcept;

/// In the order of configuration. Managers have few mounts: a scan over names is faster than hashing.
using MountTable = std::vector<MountPointer>;
/// The mount called `name`, or null.
MountPointer find_mount(const MountTable& table, std::string_view name);

struct ManagerState {
  /// `world` must outlive every mount and node.
  ManagerState(Env& world, std::shared_ptr<KeyRing> ring) noexcept : env(world), keys(std::move(ring)) {}
  MountPointer find(std::string_view name) const;
  std::shared_ptr<const MountTable> table() const;
  /// The same, and which one it is: `changes` becomes what changes() gives for as long as this is the table.
  std::shared_ptr<const MountTable> table(std::uint64_t& changes) const;
  /// How often the table was replaced.
  std::uint64_t changes() const noexcept { return changes_.load(std::memory_order_acquire); }
  void replace(std::shared_ptr<const MountTable> table);
  /// Throws unknown_mount, naming what is configured.
  MountPointer require(std::string_view name) const;
  /// What is said of extensions for all mounts. Thread-safe.
  void set_mimetype(std::string_view extension, std::string type);
  std::optional<std::string> mimetype(std::string_view name) const;
  /// Held by whoever makes a new table out of the old one, so that no change is lost.
  LongMutex& changing() noexcept { return changing_; }
  Env& env;
  const std::shared_ptr<KeyRing> keys;  ///< Of its mounts; null = none can be installed.

 private:
  LongMutex changing_;
  mutable SharedMutex mutex_;
  std::shared_ptr<const MountTable> table_ = std::make_shared<MountTable>();
  std::atomic<std::uint64_t> changes_{0};  // changes under the lock
  Mimetypes mimetypes_;
};

/// The mount and the clean path that "mount:path" or "mount", with `more` appended, stands for.
/// Throws unknown_mount, then invalid_path.
struct MountPath {
  MountPointer mount;
  std::string path;
  MountPath(const ManagerState& manager, std::string_view address, std::string_view more = {});
};

/// The node there.
Node node_at(std::shared_ptr<const ManagerState> manager, std::string_view address, std::string_view more = {});

}  // namespace genro::storage

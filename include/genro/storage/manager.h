// StorageManager: named mounts, and the nodes on them. Configure once, then share it between threads.
// Nodes keep working on the mount they were made from, also after that name is replaced or deleted.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "genro/storage/config.h"
#include "genro/storage/doctor.h"
#include "genro/storage/encryption.h"
#include "genro/storage/node.h"
#include "genro/storage/task.h"

namespace genro::storage {

class Backend;
struct ManagerState;  // node/mount.h: the table of mounts, which nodes share

struct ConfigureOptions {
  bool strict = false;                                ///< An unknown key is an error instead of a warning.
  std::function<void(const std::string& text)> warn;  ///< Where warnings go; empty = stderr.
  /// Installed before the mounts, as set_encryption_keys() does, and kept when a mount then fails. Must live during the call.
  std::optional<std::string_view> storage_key;
  bool cipher = true;  ///< false: declaring encryption is refused.
};

class StorageManager {
 public:
  StorageManager();
  /// Over a state that is there already: another manager's, or one that a test made with another world than the system's.
  explicit StorageManager(std::shared_ptr<ManagerState> state) noexcept : state_(std::move(state)) {}

  /// All mounts or none: on any error the manager is as before. Throws config (with the mount and the key), unknown file types, …
  void configure(std::vector<MountConfig> mounts, const ConfigureOptions& options = {});
  void configure(const std::string& yaml_or_json_file, const ConfigureOptions& options = {});
  void add_mount(MountConfig mount, const ConfigureOptions& options = {});
  /// A mount over a backend of your own. No retries, no permissions: wrap it yourself if it needs them. A mount that has the
  /// name already is replaced. `capabilities`: what nodes say that it can do, where that is not what its Caps say.
  /// Throws config for a name that no mount can have.
  void mount(std::string name, std::shared_ptr<Backend> backend,
             std::optional<Capabilities> capabilities = std::nullopt);
  /// An older name of mount().
  void add_backend(std::string name, std::shared_ptr<Backend> backend,
                   std::optional<Capabilities> capabilities = std::nullopt) {
    mount(std::move(name), std::move(backend), capabilities);
  }
  /// The mount that `node` is on once more, under another name; it may be another manager's. Throws invalid_argument when
  /// the node is on none, config for the name.
  void add_mount_of(std::string name, const Node& node);
  /// Loads a protocol from a shared object (docs/backend-in-cpp.md), for all managers of the process, and gives its name. From
  /// then on mounts are configured with it as with any other. Its code runs in this process with all its rights. Loading it
  /// once more does nothing. Throws not_found, missing_library for a library that it needs, and config for a file that is no
  /// backend, was built for another version, or brings a protocol that there is already.
  static std::string load_backend(const std::string& file);
  void delete_mount(const std::string& name);        ///< Throws unknown_mount.
  std::vector<std::string> get_mount_names() const;  ///< In order of configuration.
  bool has_mount(std::string_view name) const;

  /// "mount:path", "mount", and further parts to append. Throws unknown_mount, invalid_path. No I/O.
  Node node(std::string_view address, std::string_view more = {}) const;
  /// With a version: a snapshot of the file, see Node::versions().
  Node node(std::string_view address, const std::vector<std::string>& parts, VersionSelector version = {}) const;

  /// A virtual node that reads as the contents of `nodes` one after the other, each as it is at that moment. No I/O.
  Node iternode(std::vector<Node> nodes) const;
  /// A virtual node that reads as the unified diff of two text contents, as Python's difflib makes it. No I/O.
  Node diffnode(Node a, Node b) const;
  /// The media type of an extension (with or without its dot) on all mounts that say nothing of it themselves.
  void set_mimetype(std::string_view extension, std::string mimetype);

  /// Keys for encrypted content: comma-separated entries KEY or DOMAIN:KEY, each key 32 bytes in padded URL-safe base64. Of one
  /// domain the first key encrypts and all decrypt; the domain of the first entry is the default one. Replaces all keys
  /// installed before, or throws config and changes nothing. Operations under way end with the keys they began with.
  void set_encryption_keys(std::string_view keys);
  bool encryption_active() const noexcept;              ///< Whether any key is installed.
  std::vector<std::string> encryption_domains() const;  ///< In order of first appearance; never a key.
  /// What the mount declares as default_encrypted; false for none and for an unknown mount.
  Encrypted mount_default_encrypted(std::string_view name) const;
  /// An envelope of `data`, as encrypted writes store it. No domain: the default one. Throws config, missing_key.
  Task<Bytes> encrypt(Bytes data, std::optional<std::string> domain = std::nullopt) const;
  /// The content of an envelope; anything else as it is. Throws missing_key, undecryptable.
  Task<Bytes> decrypt(Bytes data) const;

  /// Many small files in one call, in order; a missing or failing one is an error in its place.
  Task<std::vector<Result<Bytes>>> get_many(std::vector<Node> nodes) const;

  /// Removes what operations of killed processes left on a mount, as far as it is at least `older_than` seconds old: unfinished
  /// files of local mounts, those of living writers excepted; of S3 mounts every upload in parts below the mount that is still
  /// open, whoever began it. Gives their addresses, one for each thing removed. Throws unknown_mount, mount_permission.
  Task<std::vector<std::string>> cleanup(std::string mount, double older_than = 86400) const;

  /// Tries everything that a mount is for and says in plain words what works, what does not and what to change. It writes a
  /// small file of its own where the mount's permission lets it be removed again, and removes it, also when it is cancelled.
  /// What is wrong with the mount is a finding, not an error. Throws unknown_mount, cancelled.
  Task<Diagnosis> doctor(std::string mount, DoctorOptions options = {}) const;

  /// Lets every mount finish what it holds back: an archive is completed, a backend of one's own is told. Each backend is
  /// closed once, also when another fails; then the first failure is thrown. Operations under way are not waited for, nodes
  /// go on working, and connections end by themselves when nobody has used them for some seconds.
  Task<void> close() const;

  const std::shared_ptr<ManagerState>& state() const noexcept { return state_; }

 private:
  std::shared_ptr<ManagerState> state_;
};

}  // namespace genro::storage

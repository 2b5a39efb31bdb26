// Node: one file or folder of one mount, whether it exists or not. What users work with.
// Making one never touches storage; every question goes to the backend. Copies are cheap; use one node from one thread at
// a time, different nodes from any. Names are those of the Python class, but for remove() (delete is a C++ keyword).
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "genro/storage/bytes.h"
#include "genro/storage/capabilities.h"
#include "genro/storage/encryption.h"
#include "genro/storage/entry.h"
#include "genro/storage/fetch.h"
#include "genro/storage/file.h"
#include "genro/storage/local_path.h"
#include "genro/storage/options.h"
#include "genro/storage/serve.h"
#include "genro/storage/task.h"
#include "genro/storage/version.h"

namespace genro::storage {

class Node;
struct Mount;         // manager's record of one mount (node/mount.h)
struct ManagerState;  // the manager's table of mounts (node/mount.h)
struct UrlOptions;    // backend.h
struct CallArgument;  // call.h
struct CallOptions;
class NodeReuse;     // node/node_reuse.h
struct FindOptions;  // tree.h
struct Usage;
struct WalkStep;

struct WriteOptions {
  bool skip_if_unchanged = false;  ///< Do nothing and give false when the stored content, and its form, are the same.
  std::optional<Encrypted> encrypted;  ///< How it is stored; nothing: as the mount's default_encrypted says.
  PutOptions put;
};

enum class Skip : unsigned char { never, exists, size, hash, custom };

/// Told of what went wrong without ending the copy or the move; what a callback threw comes as it was thrown.
using OnCopyError = std::function<void(const Node& source, std::exception_ptr error)>;

/// What copy_to does beside copying. Callbacks may throw: that stops the copy, and the exception comes out of it.
/// They run on a thread that may wait, one at a time: in sync calls mostly on the caller's own.
struct CopyOptions {
  std::vector<std::string> include;  ///< Patterns over the path below the source folder; empty = all.
  std::vector<std::string> exclude;
  /// false: '*' also matches '/', as Python's fnmatch has it. true: '*' stays within a folder, "**" stands for any folders,
  /// and a folder that `exclude` names is left out with all below (else every folder gets its counterpart).
  bool glob = false;
  std::function<bool(const Node&, const std::string& relative_path)> filter;
  Skip skip = Skip::never;
  std::function<bool(const Node& source, const Node& target)> skip_fn;
  std::function<void(std::uint64_t done, std::uint64_t total)> progress;  ///< in files
  std::function<void(const Node& source)> on_file;
  std::function<void(const Node& source, const std::string& reason)> on_skip;
  /// A comparison failed (the file is copied then), or without on_skip: what can be no copy was left out (FIFOs, links that
  /// lead out of the mount or nowhere). Empty: nobody is told.
  OnCopyError on_error;
  bool plain() const noexcept {
    return include.empty() && exclude.empty() && !filter && skip == Skip::never && !progress && !on_file && !on_skip;
  }
};

struct MoveOptions {
  OnCopyError on_error;  ///< What cannot be moved stays, and is told here.
};

/// (mtime, size, is_directory) from one look at the storage.
struct ExtAttributes {
  std::optional<double> mtime;
  std::optional<std::uint64_t> size;
  bool is_dir = false;
};

// Defaults are written Options(), not {}: GCC 12 destroys the latter twice in an expression that awaits.
class Node {
 public:
  /// Detached: belongs to no mount; every operation but the name properties fails.
  Node() = default;
  Node(std::shared_ptr<const ManagerState> manager, std::shared_ptr<const Mount> mount, std::string clean_path,
       VersionSelector version = {});

  // Names: pure string work (pathlib's rules).
  std::string fullpath() const;  ///< "mount:a/b.txt"
  const std::string& path() const noexcept { return path_; }
  const std::string& mount_name() const noexcept;
  std::string_view basename() const noexcept;
  std::string_view name() const noexcept { return basename(); }
  std::string_view stem() const noexcept;
  std::string_view suffix() const noexcept;  ///< ".txt"
  std::string_view ext() const noexcept;     ///< "txt"
  Node parent() const;
  std::string dirname() const { return parent().fullpath(); }
  std::pair<std::string, std::string> splitext() const;
  Node child(std::string_view relative) const;  ///< Throws invalid_path when it would leave the mount.
  Node operator/(std::string_view relative) const { return child(relative); }
  Node joinpath(const std::vector<std::string>& parts) const;
  std::vector<std::string> parts() const;  ///< The components of the path; none at the root.
  /// Neighbours. Throw invalid_argument at the root, and for what is not one name.
  Node with_name(std::string_view name) const;
  Node with_stem(std::string_view stem) const;
  Node with_suffix(std::string_view suffix) const;  ///< ".txt", or "" to take it away.
  /// The path from `other` to here, "" when they are the same. Throws invalid_argument unless this is `other` or below it.
  std::string relative_to(const Node& other) const;
  /// By the rules of glob() below, from the right; a pattern that begins with '/' is about the whole path.
  bool match(std::string_view pattern) const;
  /// From the extension only: what the mount's configuration says of it, else the manager, else the built-in table.
  std::string mimetype() const;
  /// The same node with a media type of its own ("" takes it away again). Nodes derived from it do not have it.
  Node with_mimetype(std::string type) const;
  Capabilities capabilities() const;
  std::optional<std::string> resolved_path() const;  ///< Absolute file system path on local mounts.
  /// What a snapshot's version was chosen by, as text: its id, an index, a date. "" for the current content.
  const std::string& version() const noexcept { return version_; }
  VersionSelector selector() const;
  bool detached() const noexcept;    ///< Belongs to no mount: made without one, or virtual.
  bool is_virtual() const noexcept;  ///< Made by StorageManager::iternode or diffnode.

  // Questions. A missing path is false, or not_found where an answer needs a file.
  Task<bool> exists() const;
  Task<bool> is_file() const;
  Task<bool> is_dir() const;
  Task<std::uint64_t> size() const;
  Task<double> mtime() const;         ///< Unix seconds
  Task<std::string> md5hash() const;  ///< 32 lower-case hex digits; no download where the backend stores it.
  Task<ExtAttributes> ext_attributes() const;
  Task<std::optional<Entry>> stat() const;  ///< Everything the backend knows, from one look.

  // Whole contents. Encrypted ones are read as plaintext (but for snapshots); streams, sizes and hashes are of what is stored.
  Task<Bytes> read_bytes() const;
  Task<std::string> read_text() const;  ///< UTF-8, checked; newlines as stored.
  /// Fills `target` from `offset`; gives the number of bytes, less than target.size() only at the end of the file.
  Task<std::size_t> read_into(std::span<std::byte> target, std::uint64_t offset = 0) const;
  /// Several ranges at once, near ones coalesced; results in the order asked.
  Task<std::vector<Bytes>> read_ranges(std::vector<ByteRange> ranges) const;
  Task<bool> write_bytes(Bytes data, WriteOptions options = WriteOptions());
  Task<bool> write_text(std::string text, WriteOptions options = WriteOptions());  ///< UTF-8
  Task<void> append(Bytes data);                                                   ///< Adds at the end; makes the file.

  // Short cuts for callers who wait anyway, without a task: contents in memory and small files on a disk. Nothing (or false)
  // means: ask the method with a task, which also knows why. They block, and never fail.
  std::optional<StatLite> try_stat() const;
  std::optional<Bytes> try_read() const;
  bool try_write(const Bytes& data) const;

  // Streams: see file.h. `mode` as Python's open: r w a x, with b (default here) and +.
  Task<File> open(std::string mode = "rb") const;
  /// An older content, for reading only.
  Task<File> open(std::string mode, VersionSelector version) const;
  /// For programs that want a path: see local_path.h. Throws what refuses it at once; no I/O.
  LocalPath local_path(std::string_view mode = "r") const;
  /// The file as an HTTP response to GET and HEAD: see serve.h. A missing file is a 404; a folder throws invalid_argument.
  Task<ServeResponse> serve(ServeRequest request, ServeOptions options = ServeOptions()) const;
  /// Runs a program and gives its output, or "": see call.h. Nodes among the arguments become local paths; what the
  /// program changes in them is uploaded when it has ended well. The node itself is not one of them.
  Task<std::string> call(std::vector<CallArgument> arguments) const;
  Task<std::string> call(std::vector<CallArgument> arguments, CallOptions options) const;

  // Addresses for others; no I/O but for credentials.
  /// A link that works without our credentials: signed, or below a mount's base_url. Nothing where a backend has none.
  Task<std::optional<std::string>> url(double expires_in = 3600) const;
  Task<std::optional<std::string>> url(UrlOptions options) const;
  /// A link inside of the application that serves the mount, for backends of one's own; `nocache`: it changes with the file.
  std::optional<std::string> internal_url(bool nocache = false) const;

  // History, where the mount keeps one: see version.h. A node with a version is a snapshot: all of its members are about
  // that version, and whatever would change it is invalid_argument.
  Task<std::vector<Version>> versions() const;  ///< Oldest first, of this file only; none where there is no history.
  Task<std::uint64_t> version_count() const;
  /// Removes versions that only repeat the content of the one before. What a reader sees now does not change.
  Task<Compaction> compact_versions(bool dry_run = false) const;
  /// Removes one version for good; the others stay. Throws mount_permission, unsupported where there is no history, and
  /// not_found for an id that is none, where the store tells.
  Task<void> remove_version(std::string version_id) const;

  // User metadata: names and values that a mount keeps beside the content.
  Task<Metadata> get_metadata() const;               ///< None where the mount keeps none.
  Task<void> set_metadata(Metadata metadata) const;  ///< Replaces all of it; the content stays where it is.

  // Virtual nodes (iternode, diffnode) can be read and be the source of copy_to; what needs a place fails.
  void append(Node source) const;  ///< Adds a source to an iternode. Throws invalid_argument on others.
  void extend(std::vector<Node> sources) const;

  // Other forms of a content.
  /// A ZIP archive of a file, of all files below a folder, or of an iternode's sources. Throws invalid_argument where nothing is.
  Task<Bytes> zip() const;
  Task<Node> zip_to(Node target) const;  ///< The same into a file, in bounded memory. Gives the target.
  Task<Node> zip_to(std::string address) const;
  /// Base64 without line breaks; with `include_uri` as "data:<mime>;base64,…", `mime` by the name when not given.
  Task<std::string> to_base64(std::optional<std::string> mime = {}, bool include_uri = true) const;
  /// Replaces the content by what an http or https URL gives, whole or not at all. Throws invalid_argument for another URL.
  Task<void> fill_from_url(std::string url, FetchOptions options = FetchOptions());

  // The tree.
  Task<void> remove() const;  ///< A folder with all below; missing is fine.
  Task<void> mkdir(bool parents = false, bool exist_ok = false) const;
  Task<std::vector<Node>> children() const;  ///< Sorted by name.
  Task<std::vector<Node>> iterdir() const { return children(); }
  // Searches: see tree.h. Each folder before what is in it, else by name. Links to folders are found but not entered.
  /// '*', '?' and [sets] stay within one name, "**" stands for any folders; a '/' at the end asks for folders only.
  Task<std::vector<Node>> glob(std::string pattern) const;
  Task<std::vector<Node>> rglob(std::string pattern) const;  ///< glob("**/" + pattern)
  Task<std::vector<WalkStep>> walk() const;
  Task<std::vector<Node>> find(FindOptions options) const;
  Task<Usage> du() const;
  /// A picture of the folder, as the command "tree" draws it, with sizes; UTF-8. Nothing below `max_depth` is looked at.
  Task<std::string> tree(std::optional<unsigned> max_depth = {}) const;

  // Between nodes, of any two mounts. Files are whole old or whole new at the target; memory is bounded.
  Task<Node> copy_to(Node target, CopyOptions options = CopyOptions()) const;
  Task<Node> copy_to(std::string address, CopyOptions options = CopyOptions()) const;
  /// Renames where the store can, else copies and then takes away what has arrived and did not change meanwhile.
  /// This node then stands for the target.
  Task<Node> move_to(Node target, MoveOptions options = MoveOptions());
  Task<Node> move_to(std::string address, MoveOptions options = MoveOptions());

  /// Same mount, path and version, or two files of equal content.
  Task<bool> equals(Node other) const;
  /// The same place (mount, path, version), without looking at the storage.
  friend bool operator==(const Node& a, const Node& b) noexcept;

  const std::shared_ptr<const Mount>& mount() const noexcept { return mount_; }
  const std::shared_ptr<const ManagerState>& manager() const noexcept { return manager_; }

 private:
  friend class NodeReuse;
  bool plain() const noexcept;  // a place of a mount, neither virtual nor a snapshot
  const std::shared_ptr<const Mount>& mount_or_detached()
      const noexcept;  // the mount, or the one that refuses everything

  std::shared_ptr<const ManagerState> manager_;
  std::shared_ptr<const Mount> mount_;
  std::string path_;
  std::string version_;
  std::shared_ptr<const std::string> mimetype_;
};

}  // namespace genro::storage

// MemoryTree: the one tree of files of this process. Used by the memory backend, from any thread.
// Contents are immutable blobs behind sharded locks: a reader gets the blob of one version and keeps it, whatever is
// written meanwhile. Never hold a lock of the tree across anything that waits; forking takes all of them.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/mutex.h"
#include "genro/storage/bytes.h"
#include "genro/storage/entry.h"
#include "genro/storage/options.h"

namespace genro::storage {

/// A path in the tree and how much of its front (with the slash behind it) belongs to the mount and not to the user.
struct MemoryPath {
  std::string path;
  std::size_t hidden = 0;
  std::string shown() const { return is_mount_root() ? std::string() : path.substr(hidden); }
  bool is_mount_root() const noexcept { return path.size() <= hidden; }
};

struct MemoryFile {
  Bytes content;
  std::int64_t mtime_ns = 0;
  std::uint64_t version = 0;  ///< Counts all writes of the process: never the same twice.
  std::string content_type;
};

class MemoryTree {
 public:
  static MemoryTree& of_process();

  std::optional<MemoryFile> file(std::string_view path) const;
  /// The same without copying texts.
  std::optional<Bytes> content(std::string_view path) const;
  StatLite try_stat(std::string_view path) const;
  /// Replaces the content of a file that is there; false when there is none.
  bool replace_content(std::string_view path, const Bytes& content, std::int64_t now_ns);
  /// The time of the last change of its entries; nothing when there is no such folder.
  std::optional<std::int64_t> folder_mtime(std::string_view path) const;
  /// Throws is_directory, not_directory, precondition_failed. Gives the version.
  std::uint64_t put(const MemoryPath& place, MemoryFile file, const When& when);
  std::uint64_t append(const MemoryPath& place, const Bytes& more, std::int64_t now_ns);
  /// Bytes that an append of `size` would copy: all that is there once it has no room left.
  std::size_t moved_by_append(const MemoryPath& place, std::size_t size) const;
  void remove(const MemoryPath& place, std::int64_t now_ns);       ///< Throws not_empty.
  void remove_tree(const MemoryPath& place, std::int64_t now_ns);  ///< The root of a mount is emptied.
  void rename(const MemoryPath& from, const MemoryPath& to, std::int64_t now_ns);
  void make_folder(const MemoryPath& place, std::int64_t now_ns);
  /// A page in the order of names, a folder before what is in it. Throws not_found, not_directory.
  Page list(const MemoryPath& place, const ListOptions& options) const;

 private:
  MemoryTree();

  struct Hashed {
    std::string_view text;
    std::size_t hash;
    explicit Hashed(std::string_view path) noexcept : text(path), hash(std::hash<std::string_view>()(path)) {}
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const std::string& text) const noexcept { return std::hash<std::string_view>()(text); }
    std::size_t operator()(const Hashed& text) const noexcept { return text.hash; }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const std::string& a, const std::string& b) const noexcept { return a == b; }
    bool operator()(const Hashed& a, const std::string& b) const noexcept { return a.text == b; }
    bool operator()(const std::string& a, const Hashed& b) const noexcept { return a == b.text; }
  };
  struct Growth;  // room behind a content, so that appends need not copy what is there
  struct Stored : MemoryFile {
    std::shared_ptr<Growth> growth;
  };
  struct alignas(64) Shard {
    mutable Mutex mutex;
    std::unordered_map<std::string, Stored, Hash, Equal> files;
  };
  enum class ChildKind : bool { file, folder };
  struct Folder {
    bool made = false;  ///< By make_folder: stays when it becomes empty.
    std::int64_t mtime_ns = 0;
    std::map<std::string, ChildKind, std::less<>> children;
  };
  static constexpr std::size_t kShards = 32;  // below 64: thread sanitizer cannot follow more locks held at once (fork)

  Shard& shard(const Hashed& path) const noexcept { return shards_[(path.hash >> 20) % kShards]; }
  bool has_file(std::string_view path) const;
  Folder* folder(std::string_view path) const;
  std::uint64_t next_version() noexcept { return versions_.fetch_add(1, std::memory_order_relaxed) + 1; }
  std::uint64_t replace(Stored& stored, MemoryFile&& file);
  void check(const When& when, const Stored* stored, const MemoryPath& place) const;
  void check_parents(const MemoryPath& place) const;
  Folder& make_parents(std::string_view path, std::int64_t now_ns);
  void drop_child(std::string_view path, std::int64_t now_ns);
  void rename_file(const MemoryPath& from, const MemoryPath& to, std::int64_t now_ns);
  void rename_folder(const MemoryPath& from, const MemoryPath& to, std::int64_t now_ns);
  Entry entry(const std::string& path, const MemoryPath& place, ChildKind kind) const;
  Page list_folder(const MemoryPath& place, const Folder& folder, const ListOptions& options, std::size_t limit) const;
  Page list_all(const MemoryPath& place, const ListOptions& options, std::size_t limit) const;

  // Order of locks: structure, then shards by address. Contents change under a shard's lock alone; files come and go, and
  // folders change, only under both.
  mutable Mutex structure_;
  mutable std::unordered_map<std::string, Folder, Hash, Equal> folders_;
  mutable std::array<Shard, kShards> shards_;
  std::atomic<std::uint64_t> versions_{0};
};

}  // namespace genro::storage

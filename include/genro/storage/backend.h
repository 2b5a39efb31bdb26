// The seam: a backend speaks one protocol, and only that. It never retries, caches, checks permissions, joins mount
// paths or loops over pages; the machinery around it does. Paths are relative to the mount, clean, "" is the root.
// Everything is pure virtual in Backend: LeafBackend supplies "unsupported", Layer (layers/layer.h) supplies forwarding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "genro/storage/bytes.h"
#include "genro/storage/entry.h"
#include "genro/storage/options.h"
#include "genro/storage/task.h"
#include "genro/storage/version.h"

namespace genro::storage {

class Backend;
class BulkTransfer;  // backend/bulk_transfer.h: between local folders

/// What a backend can do: data, always positive, fixed at construction. A field exists only if something reads it.
struct Caps {
  bool read = false;
  bool write = false;
  bool remove = false;
  bool make_dir = false;  ///< Folders exist by themselves, also empty ones.
  bool list = false;
  bool conditional_put = false;  ///< Honours When::if_absent and When::if_match.
  bool checked_put = false;      ///< Only compares When before it writes: of two writers at one moment both may pass.
  bool upload = false;           ///< Multipart sessions.
  bool stage = false;            ///< Contents can be written anywhere before they are seen, in a file.
  bool copy = false;             ///< Server-side copy inside the backend.
  bool rename = false;           ///< Atomic rename inside the backend.
  bool remove_tree = false;      ///< A folder goes with all below it in one call.
  bool append = false;           ///< Native append.
  bool versions = false;
  bool versions_from_history =
      false;  ///< They follow from commits: listing those of a path is work, not promised to users.
  bool metadata = false;
  bool presigned_urls = false;
  bool public_urls = false;
  bool seek = false;  ///< Ranged reads.
  bool symbolic_links = false;
  bool md5 = false;                 ///< Entry::md5 comes without reading the content.
  bool atomic = false;              ///< A put is seen whole or not at all.
  bool temporary = false;           ///< Content does not outlive the process.
  bool content_addressed = false;   ///< The path *is* the content (base64): put returns a new path.
  bool hard_links = false;          ///< A file may have several names: a copy from one to the other is one onto itself.
  bool coarse_times = false;        ///< Entry::mtime_ns may be cut to whole seconds: two contents may have the same.
  bool remote = false;              ///< A call is a round trip: worth saving, and worth hiding behind others under way.
  bool guarded_repeats = false;     ///< A put that may have been done is repeated under a condition only.
  bool transient_failures = false;  ///< A call may fail for a moment only: worth repeating.
  bool immediate = false;           ///< No call waits for anything; it takes as long as its path and content are.
  friend bool operator==(const Caps&, const Caps&) = default;
};

/// The numbers that a store keeps to: data as well, fixed at construction. Sizes are bytes. A backend states those of its
/// store; whoever calls it keeps to them, and never to those of some store that it knows.
struct Limits {
  std::uint64_t part_size_min = 0;            ///< Smallest part but the last of an upload.
  std::uint64_t part_size_max = UINT64_MAX;   ///< Largest part of an upload.
  std::uint64_t part_count_max = UINT64_MAX;  ///< Parts of one upload.
  std::uint64_t single_put_max = UINT64_MAX;  ///< Larger bodies need an upload.
  std::size_t remove_batch_max = SIZE_MAX;    ///< Paths of one remove_many().
  std::size_t concurrency = 8;                ///< Calls that are worth having under way at once; 1: one by one.
  friend bool operator==(const Limits&, const Limits&) = default;
};

/// The checksum that a server keeps of a content. CRCs only: those of its parts can be put together.
struct ContentChecksum {
  enum class Kind : std::uint8_t { crc64nvme, crc32c, crc32 };
  Kind kind = Kind::crc64nvme;
  std::uint64_t value = 0;
};

/// An open file that a content is saved in: any place of it can be written, by several operations at once.
class FileSink {
 public:
  virtual Task<void> write_at(std::uint64_t offset, std::span<const std::byte> data) = 0;

 protected:
  ~FileSink() = default;
};

/// A content being read, front to back. Not thread-safe; drop it at any time to stop. What has a content derives from LeafReader,
/// what stands before another reader from ReaderWrapper (backend/wrappers.h).
class Reader {
 public:
  virtual ~Reader() = default;
  virtual const Entry& entry() const noexcept = 0;   ///< Describes the whole file, also for a ranged read.
  virtual std::uint64_t begin() const noexcept = 0;  ///< Offset in the file of the first byte this reader gives.
  virtual std::uint64_t size() const noexcept = 0;   ///< Bytes it will give; kUnknown when the server did not say.
  static constexpr std::uint64_t kUnknown = UINT64_MAX;
  /// Fills up to target.size() bytes; 0 = end. Throws truncated when fewer bytes came than announced, corrupt on a bad checksum.
  virtual Task<std::size_t> read_into(std::span<std::byte> target) = 0;
  /// The next bytes as it has them at hand, at most `most`; empty = end. By default a new block, filled.
  virtual Task<Bytes> read_some(std::size_t most) = 0;
  /// All that is left in one run, in as few copies as the backend can (memory gives its own block).
  virtual Task<Bytes> read_all() = 0;
  /// Instead of the others: everything into a file, from its beginning on, in any order; gives the number of bytes.
  virtual Task<std::uint64_t> save(FileSink& file) = 0;
  /// All that is left when it is here already, and verified: nothing could wait or fail any more. Else null.
  virtual const Bytes* buffered() const noexcept = 0;
  /// What it will give, as a span of an open file: then nobody has to read it to pass it on. Nothing when it is no file.
  virtual std::optional<FileSpan> file_span() = 0;
  /// Its connection was given to others while nobody read. The next read fails; opened again where it stands, it goes on.
  virtual bool gave_way() const noexcept = 0;
  /// Of all that it will give, if known. A reader verifies by itself; this is for whoever fetches the same bytes in other ways.
  virtual std::optional<ContentChecksum> checksum() const = 0;
};

/// Base of readers that have the content themselves: everything that only some can do is done the plain way, or denied.
class LeafReader : public Reader {
 public:
  Task<Bytes> read_some(std::size_t most) override;
  Task<std::uint64_t> save(FileSink& file) override;
  const Bytes* buffered() const noexcept override { return nullptr; }
  std::optional<FileSpan> file_span() override { return std::nullopt; }
  bool gave_way() const noexcept override { return false; }
  std::optional<ContentChecksum> checksum() const override { return std::nullopt; }
};

/// A reader of `range` of a content that is in memory; its end is cut. `entry` describes the whole. Throws out_of_range for a
/// range that begins beyond the end.
std::unique_ptr<Reader> reader_of(Entry entry, const Bytes& content, const ByteRange& range);

/// A multipart upload. Nothing is visible before complete(); a session dropped without it must be abort()ed by its owner.
class Upload {
 public:
  virtual ~Upload() = default;
  /// Part numbers start at 1; parts may go up in parallel and be repeated. Gives the part's tag, needed by complete().
  virtual Task<std::string> part(int number, Body body) = 0;
  virtual Task<Entry> complete(std::vector<std::string> tags) = 0;
  virtual Task<void> abort() = 0;
  virtual std::uint64_t part_size(
      std::uint64_t total_size) const = 0;  ///< Bytes a part for an object of this size (0 = unknown).
  /// The etag that complete() will give the content of these parts, where that follows from their tags; else "". Tells a
  /// completion whose answer got lost from somebody else's write.
  virtual std::string expected_etag(const std::vector<std::string>& tags) const = 0;
};

/// Base of the uploads of real backends.
class LeafUpload : public Upload {
 public:
  std::string expected_etag(const std::vector<std::string>&) const override { return {}; }
};

/// The file that is to become the content of a path: open for reading and writing, seen by nobody before commit().
/// Dropped without it, it leaves nothing behind; that may block.
class StagedFile {
 public:
  virtual ~StagedFile() = default;
  virtual int descriptor() const noexcept = 0;  ///< Valid until commit() returns.
  virtual Task<Entry> commit() = 0;             ///< What the file holds by now becomes the content. Called once.
};

struct UrlOptions {
  double expires_in = 3600;                       ///< seconds
  std::string method = "GET";                     ///< GET or PUT
  std::map<std::string, std::string> parameters;  ///< further query parameters to sign, backend specific
  std::string version;                            ///< a version id; "" = the current content
};

/// The result of one key of a bulk remove.
struct RemoveFailure {
  std::string path;
  Error error;
};

// What only some backends can do, beyond the seam. Each is asked for by a function of Backend that gives null where there is none.

/// The plain case of stat, read and put without a task: for contents in memory and, where the caller `may_block`, small files
/// on a disk. Nothing (or false) means: ask the task of that name, which also knows why. Never an error.
class ImmediateIo {
 public:
  virtual std::optional<StatLite> try_stat(const std::string& path, bool may_block) = 0;
  virtual std::optional<Bytes> try_read(const std::string& path, bool may_block) = 0;
  virtual bool try_put(const std::string& path, const Bytes& content, bool may_block) = 0;

 protected:
  ~ImmediateIo() = default;
};

/// What a store can take from another one of the same server without the content leaving the server, such as buckets of one
/// endpoint and one account. Used by copies and moves between two mounts; where it fails because the server will not, they stream.
class ServerCopy {
 public:
  /// Whether `source`, which no layer stands in front of, lies where this one can take files from.
  virtual bool reaches(const Backend& source) const noexcept = 0;
  /// As Backend::copy, with `from` on `source`, which it reaches.
  virtual Task<Entry> copy_from(std::shared_ptr<Backend> source, std::string from, std::string to,
                                PutOptions options) = 0;

 protected:
  ~ServerCopy() = default;
};

/// What a store asks of names beyond what any path may be, such as keys that are UTF-8. Used by copies of trees, which leave
/// out and tell what the target could not hold before anything is sent there.
class KeyRule {
 public:
  /// Why nothing can be stored under the path; "" when it can. Only reads.
  virtual std::string_view fault_of(std::string_view path) const noexcept = 0;

 protected:
  ~KeyRule() = default;
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual const Caps& caps() const noexcept = 0;
  virtual const Limits& limits() const noexcept = 0;
  /// Whether a call may have to wait for others: a server, a program, a disk behind a network. May change from call to call.
  /// Whoever must not wait, such as an event loop, then makes no call itself.
  virtual bool waits() const noexcept = 0;
  virtual std::string_view protocol() const noexcept = 0;  ///< "s3"

  // The core.
  virtual Task<std::optional<Entry>> stat(std::string path) = 0;  ///< Absent is nullopt, never an error.
  virtual Task<std::unique_ptr<Reader>> read(std::string path, ReadOptions options) = 0;
  virtual Task<Entry> put(std::string path, Body body,
                          PutOptions options) = 0;  ///< All or nothing; makes missing folders.
  virtual Task<Page> list(std::string path,
                          ListOptions options) = 0;  ///< ONE page; absent: not_found; a file: not_directory.
  virtual Task<void> remove(
      std::string path) = 0;  ///< One file or empty folder, a link not its target; absent: success.

  // Optional; what caps deny throws unsupported.
  virtual Task<std::vector<RemoveFailure>> remove_many(
      std::vector<std::string> paths) = 0;  ///< Default: Limits::concurrency removals at once.
  /// One file, or a folder with all below it; a link, not its target; absent: success. The root is emptied and stays.
  virtual Task<void> remove_tree(std::string path) = 0;
  virtual Task<std::unique_ptr<Upload>> upload(std::string path, PutOptions options) = 0;
  virtual Task<std::unique_ptr<StagedFile>> stage(std::string path, PutOptions options) = 0;
  virtual Task<Entry> copy(std::string from, std::string to,
                           PutOptions options) = 0;                 ///< Server side, inside this backend.
  virtual Task<void> rename(std::string from, std::string to) = 0;  ///< Atomic; replaces a file.
  virtual Task<void> append(std::string path, Body body) = 0;
  virtual Task<void> make_dir(std::string path) = 0;  ///< Parent must exist; already_exists when something is there.
  virtual Task<std::vector<Version>> versions(std::string path) = 0;  ///< Newest first, exactly this path.
  virtual Task<void> remove_version(std::string path, std::string version_id) = 0;
  virtual Task<std::vector<VersionFailure>> remove_versions(
      std::string path, std::vector<std::string> version_ids) = 0;  ///< Default: one by one.
  virtual Task<void> set_metadata(std::string path, Metadata metadata) = 0;
  /// A link for others; nothing where there is none. No I/O but for credentials.
  virtual Task<std::optional<std::string>> url(std::string path, UrlOptions options) = 0;
  /// Relative to the application that serves the mount; `nocache`: with the file's time in it.
  virtual std::optional<std::string> internal_url(std::string path, bool nocache) = 0;
  virtual std::optional<std::string> local_file(
      std::string path) = 0;  ///< Absolute path in the file system, if it is one. No I/O beyond resolving links.
  /// Removes what operations of killed processes left below a folder: unfinished files, open uploads; of those what is at least
  /// `older_than` seconds old and what nobody provably still works on. Adds the paths of what it removed to `removed`, also
  /// when it fails; the same path once for each. Default: nothing is left.
  virtual Task<void> clean(std::string folder, double older_than, std::vector<std::string>* removed) = 0;
  // Beyond the seam; null where there is none. A layer decides for each of them what it passes on.
  virtual ImmediateIo* immediate() noexcept = 0;
  virtual BulkTransfer* bulk() noexcept = 0;
  virtual ServerCopy* server_copy() noexcept = 0;
  virtual const KeyRule* key_rule() const noexcept = 0;
  /// Two backends with the same non-empty identity reach the same place: copy() can serve between them.
  virtual std::string identity() const = 0;
  /// Finishes what is held back, such as the archive that files were added to, where that may be: it waits like any other call.
  /// What is finished already stays as it is: a second call does nothing, one after a failure tries again. Calls go on working.
  virtual Task<void> close() = 0;
};

/// Base of real backends: everything optional answers "unsupported" or the plain default.
class LeafBackend : public Backend {
 public:
  const Limits& limits() const noexcept override;
  bool waits() const noexcept override { return caps().remote; }
  Task<std::vector<RemoveFailure>> remove_many(std::vector<std::string> paths) override;
  Task<void> remove_tree(std::string path) override;
  Task<std::unique_ptr<Upload>> upload(std::string path, PutOptions options) override;
  Task<std::unique_ptr<StagedFile>> stage(std::string path, PutOptions options) override;
  Task<Entry> copy(std::string from, std::string to, PutOptions options) override;
  Task<void> rename(std::string from, std::string to) override;
  Task<void> append(std::string path, Body body) override;
  Task<void> make_dir(std::string path) override;
  Task<std::vector<Version>> versions(std::string path) override;
  Task<void> remove_version(std::string path, std::string version_id) override;
  Task<std::vector<VersionFailure>> remove_versions(std::string path, std::vector<std::string> version_ids) override;
  Task<void> set_metadata(std::string path, Metadata metadata) override;
  Task<std::optional<std::string>> url(std::string path, UrlOptions options) override;
  std::optional<std::string> internal_url(std::string path, bool nocache) override;
  std::optional<std::string> local_file(std::string path) override;
  Task<void> clean(std::string, double, std::vector<std::string>*) override { return ready(); }
  ImmediateIo* immediate() noexcept override { return nullptr; }
  BulkTransfer* bulk() noexcept override { return nullptr; }
  ServerCopy* server_copy() noexcept override { return nullptr; }
  const KeyRule* key_rule() const noexcept override { return nullptr; }
  std::string identity() const override { return {}; }
  Task<void> close() override { return ready(); }

 protected:
  Error unsupported(std::string_view operation, const std::string& path) const;
};

}  // namespace genro::storage

// Entry: what a backend knows about one file or folder at one moment. Page: one page of a listing.
// Filled by backends, read by everybody. An absent entry is std::nullopt, never an Entry with a flag.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace genro::storage {

using Metadata = std::map<std::string, std::string>;

enum class EntryKind : std::uint8_t {
  file,
  directory,
  other,  ///< Socket, device, FIFO: exists, but is neither file nor folder.
};

struct Entry {
  std::string path;  ///< Relative to the mount, clean; "" is the root. In a listing: the full path, not the name.
  EntryKind kind = EntryKind::file;
  std::uint64_t size = 0;           ///< Bytes; 0 for folders.
  std::int64_t mtime_ns = kNoTime;  ///< Nanoseconds since the Unix epoch; kNoTime when the backend has none.
  std::string etag;                 ///< Opaque, without quotes; "" when there is none.
  std::string md5;           ///< 32 lower-case hex digits when the backend truly stores an MD5 of the content, else "".
  std::string version_id;    ///< "" on backends without versions.
  std::string content_type;  ///< "" when unknown.
  std::uint32_t mode = 0;    ///< POSIX permission bits when the backend has them, else 0.
  bool is_link = false;      ///< A symbolic link (kind and size are its target's).
  std::shared_ptr<const Metadata> metadata;  ///< User metadata when it came along for free (stat, read), else null.

  static constexpr std::int64_t kNoTime = INT64_MIN;
  bool is_file() const noexcept { return kind == EntryKind::file; }
  bool is_directory() const noexcept { return kind == EntryKind::directory; }
};

/// What one look at a place says in numbers: an Entry without its texts.
struct StatLite {
  bool there = false;
  EntryKind kind = EntryKind::file;
  std::uint64_t size = 0;
  std::int64_t mtime_ns = Entry::kNoTime;
};

struct Page {
  std::vector<Entry> entries;
  std::string next_token;  ///< "" on the last page.
};

/// One stored version of a file, as in S3's ListObjectVersions.
struct Version {
  std::string version_id;
  bool is_latest = false;
  bool is_delete_marker = false;
  std::int64_t last_modified_ns = 0;
  std::uint64_t size = 0;
  std::string etag;
};

}  // namespace genro::storage

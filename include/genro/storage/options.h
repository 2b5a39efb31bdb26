// The options of the seam's operations: byte ranges, conditions, what a put carries.
// Used by node, layers and backends. Ranges are half-open everywhere; only the HTTP code turns them into inclusive ones.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "genro/storage/entry.h"

namespace genro::storage {

/// Half-open range of bytes [begin, end). end == kToEnd means "to the end of the file".
struct ByteRange {
  static constexpr std::uint64_t kToEnd = UINT64_MAX;
  std::uint64_t begin = 0;
  std::uint64_t end = kToEnd;
  bool whole() const noexcept { return begin == 0 && end == kToEnd; }
};

struct ReadOptions {
  ByteRange range;
  std::string if_match;  ///< Only if the entry's etag is still this one, else precondition_failed; "" = any.
  std::string version;   ///< A version id; "" = the current content.
};

/// The whole story of conditional puts.
struct When {
  enum class Kind : std::uint8_t { always, if_absent, if_match };
  Kind kind = Kind::always;
  std::string etag;  ///< for if_match
  static When always() { return {}; }
  static When if_absent() { return {Kind::if_absent, {}}; }
  static When if_match(std::string etag) { return {Kind::if_match, std::move(etag)}; }
};

struct PutOptions {
  When when;
  std::string content_type;                  ///< "" = the backend's default
  std::shared_ptr<const Metadata> metadata;  ///< null = none
  std::int64_t mtime_ns = Entry::kNoTime;    ///< Kept by backends that can set times (local), ignored by others.
  std::uint32_t mode = 0;      ///< Permission bits for a new file where the backend has them; 0 = default.
  std::string source_version;  ///< Of a copy: the version of its source; "" = the current content.
};

struct ListOptions {
  std::string token;        ///< From the page before; "" = first page.
  bool recursive = false;   ///< true: all files below, no folder entries on object stores.
  std::uint32_t limit = 0;  ///< Wished entries a page; 0 = the backend's best.
  bool names_only =
      false;  ///< Only paths are wanted, with `recursive` kinds, too: what else costs something may be left out.
};

}  // namespace genro::storage

// VersionSelector: which content of a file is meant: the current one, one by its version id or its place in the file's
// history, or what there was at a moment. What Node::versions() and Node::compact_versions() give.
// Used by nodes. A place in the history is looked up at each use: what it names changes with the history.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "genro/storage/error.h"

namespace genro::storage {

class VersionSelector {
 public:
  enum class Kind : std::uint8_t { current, id, index, moment };

  VersionSelector() = default;  ///< The current content.
  /// A version id; "" is the current content.
  VersionSelector(std::string id) : kind_(id.empty() ? Kind::current : Kind::id), id_(std::move(id)) {}
  VersionSelector(const char* id) : VersionSelector(std::string(id)) {}
  /// A place in the history: 0 is the oldest, -1 the newest.
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  VersionSelector(T index) : kind_(Kind::index), number_(static_cast<std::int64_t>(index)) {}
  /// What was there at a moment, in nanoseconds since the Unix epoch.
  static VersionSelector as_of(std::int64_t unix_ns) {
    VersionSelector selector(unix_ns);
    selector.kind_ = Kind::moment;
    return selector;
  }

  Kind kind() const noexcept { return kind_; }
  bool current() const noexcept { return kind_ == Kind::current; }
  const std::string& id() const noexcept { return id_; }       ///< of Kind::id
  std::int64_t index() const noexcept { return number_; }      ///< of Kind::index
  std::int64_t moment_ns() const noexcept { return number_; }  ///< of Kind::moment
  std::string to_string() const;                               ///< For people: "3f…", "-1", "2024-05-01T12:00:00Z", "".
  friend bool operator==(const VersionSelector&, const VersionSelector&) = default;

 private:
  Kind kind_ = Kind::current;
  std::int64_t number_ = 0;
  std::string id_;
};

/// One version that a bulk removal could not remove.
struct VersionFailure {
  std::string version_id;
  Error error;
};

/// How a compaction went.
struct Compaction {
  std::uint64_t repeated = 0;            ///< Versions that only repeat the one before them.
  std::uint64_t removed = 0;             ///< How many of those were removed; 0 on a dry run.
  std::vector<VersionFailure> failures;  ///< Those that were refused.
};

}  // namespace genro::storage

// KeySet: encryption keys by domain, as one call installed them; it never changes. KeyRing: the set that a manager uses now.
// Used by encryption.h; each mount refers to its manager's ring. Keys go in as text and never come out: no accessor, no
// message, no copy gives them away, and the memory of a set is wiped when the last operation with it is done.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/fernet.h"
#include "core/clock.h"
#include "core/mutex.h"

namespace genro::storage {

class KeySet {
 public:
  KeySet() = default;
  /// "KEY, DOMAIN:KEY, …", as StorageManager::set_encryption_keys takes it. Throws config; never repeats a key.
  explicit KeySet(std::string_view material);

  /// The keys of a domain: the first encrypts, all decrypt. Throws config for an impossible domain, else missing_key.
  std::span<const FernetKey> require(std::string_view domain) const;
  /// The domain of the first key; "" when there is none.
  std::string_view default_domain() const noexcept;
  std::vector<std::string> domains() const;  ///< In order of first appearance.

 private:
  struct Ring {
    std::string domain;
    std::vector<FernetKey> keys;
  };
  void add(std::string_view entry);
  std::vector<Ring> rings_;
};
using KeySetPointer = std::shared_ptr<const KeySet>;

class KeyRing {
 public:
  explicit KeyRing(Clock& clock) : clock_(clock), keys_(std::make_shared<KeySet>()) {}
  /// Never null. Operations take it once, so that a replacement meanwhile cannot change them half-way.
  KeySetPointer keys() const;
  void replace(KeySetPointer keys);
  bool active() const noexcept { return active_.load(std::memory_order_acquire); }
  /// The time to write into a token.
  std::uint64_t unix_seconds() const noexcept;

 private:
  Clock& clock_;
  mutable SharedMutex mutex_;
  KeySetPointer keys_;
  std::atomic<bool> active_{false};
};

/// At most 64 of a-z 0-9 _ and -; may be empty.
bool is_domain(std::string_view text) noexcept;
/// Throws config, "Invalid encryption domain …".
void require_domain(std::string_view text);

}  // namespace genro::storage

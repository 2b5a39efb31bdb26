#include "node/encryption/key_ring.h"

#include <algorithm>
#include <cstdio>
#include <mutex>
#include <utility>

#include "genro/storage/error.h"

namespace genro::storage {
namespace {

constexpr std::size_t kDomainMax = 64;
constexpr std::size_t kKeyText = 43;  // without its padding

bool is_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

bool in_base64(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_' ||
         c == '+' || c == '/';
}

/// Somebody wrote KEY:DOMAIN, or lost an end of the key: such a text must not travel in a message.
bool resembles_key(std::string_view text) noexcept {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  return text.size() >= kKeyText - 2 && text.size() <= kKeyText + 2 && std::all_of(text.begin(), text.end(), in_base64);
}

/// As Python's repr() shows a text.
std::string as_shown(std::string_view text) {
  const char quote = text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos ? '"' : '\'';
  std::string result(1, quote);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == quote || c == '\\') {
      result.append(1, '\\').append(1, c);
    } else if (c == '\n') {
      result += "\\n";
    } else if (c == '\r') {
      result += "\\r";
    } else if (c == '\t') {
      result += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", byte);
      result += escaped;
    } else {
      result += c;
    }
  }
  return result += quote;
}

}  // namespace

bool is_domain(std::string_view text) noexcept {
  return text.size() <= kDomainMax && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
         });
}

void require_domain(std::string_view text) {
  if (is_domain(text)) return;
  const std::string shown = resembles_key(text) ? "<not shown: it looks like a key>" : as_shown(text);
  throw Error(ErrorCode::config,
              "Invalid encryption domain " + shown + ": a domain is at most 64 characters of a-z, 0-9, '_' and '-'");
}

KeySet::KeySet(std::string_view material) {
  for (std::string_view left = material; !left.empty();) {
    const std::size_t comma = std::min(left.find(','), left.size());
    const std::string_view entry = trimmed(left.substr(0, comma));
    if (!entry.empty()) add(entry);
    left.remove_prefix(std::min(comma + 1, left.size()));
  }
  if (rings_.empty()) throw Error(ErrorCode::config, "encryption keys: at least one key is required");
}

void KeySet::add(std::string_view entry) {
  const std::size_t colon = entry.find(':');
  const bool named = colon != std::string_view::npos;
  const std::string_view domain = named ? trimmed(entry.substr(0, colon)) : std::string_view();
  require_domain(domain);
  std::optional<FernetKey> key = FernetKey::parse(named ? trimmed(entry.substr(colon + 1)) : entry);
  if (!key) {
    throw Error(ErrorCode::config, "the encryption key of domain " + as_shown(domain) +
                                       " is not 32 bytes in padded URL-safe base64 (44 characters)");
  }
  auto ring = std::find_if(rings_.begin(), rings_.end(), [&](const Ring& known) { return known.domain == domain; });
  if (ring == rings_.end()) ring = rings_.insert(ring, Ring{std::string(domain), {}});
  ring->keys.push_back(std::move(*key));
}

std::span<const FernetKey> KeySet::require(std::string_view domain) const {
  require_domain(domain);
  for (const Ring& ring : rings_) {
    if (ring.domain == domain) return ring.keys;
  }
  throw Error(ErrorCode::missing_key, "the encryption domain " + as_shown(domain) + " requires installed key material");
}

std::string_view KeySet::default_domain() const noexcept {
  return rings_.empty() ? std::string_view() : rings_.front().domain;
}

std::vector<std::string> KeySet::domains() const {
  std::vector<std::string> names;
  names.reserve(rings_.size());
  for (const Ring& ring : rings_) names.push_back(ring.domain);
  return names;
}

KeySetPointer KeyRing::keys() const {
  const std::shared_lock lock(mutex_);
  return keys_;
}

void KeyRing::replace(KeySetPointer keys) {
  std::unique_lock lock(mutex_);
  keys_.swap(keys);
  active_.store(!keys_->domains().empty(), std::memory_order_release);
  lock.unlock();  // The old keys are wiped here, or when the last operation with them ends.
}

std::uint64_t KeyRing::unix_seconds() const noexcept {
  constexpr std::int64_t kSecond = 1'000'000'000;
  return static_cast<std::uint64_t>(std::max<std::int64_t>(clock_.wall_ns() / kSecond, 0));
}

}  // namespace genro::storage

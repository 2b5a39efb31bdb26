#include "node/transfer/spellings.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <set>
#include <system_error>

#include "core/path.h"

namespace genro::storage {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Characters that are no letters and yet have other forms in Unicode: U+037E is `;`, U+1FEF is "`", `=` with a stroke is U+2260.
bool has_other_forms(char c) {
  return static_cast<unsigned char>(c) >= 0x80 || is_letter(c) ||
         std::string_view(";`=<>").find(c) != std::string_view::npos;
}

constexpr std::array<unsigned char, 256> kLowered = [] {
  std::array<unsigned char, 256> lowered{};
  for (std::size_t i = 0; i < lowered.size(); ++i) {
    lowered[i] = static_cast<unsigned char>(i >= 'A' && i <= 'Z' ? i - 'A' + 'a' : i);
  }
  return lowered;
}();

constexpr std::uint64_t kHashStart = 0xcbf29ce484222325;

std::uint64_t mix_in(std::uint64_t hash, char c) {
  return (hash ^ kLowered[static_cast<unsigned char>(c)]) * 0x100000001b3;
}

/// Equal for names that any file system takes for one, by chance for others, too; where all that are compared are ASCII.
/// Nothing when this one is not.
std::optional<std::uint64_t> ascii_key(std::string_view name) {
  std::uint64_t hash = kHashStart;
  unsigned char bits = 0;
  for (const char c : name) {
    hash = mix_in(hash, c);
    bits |= static_cast<unsigned char>(c);
  }
  return bits < 0x80 ? std::optional(hash) : std::nullopt;
}

/// The same where some are not.
std::uint64_t key(std::string_view name) {
  std::uint64_t hash = kHashStart;
  for (const char c : name) {
    if (!has_other_forms(c)) hash = mix_in(hash, c);
  }
  return hash;
}

std::set<std::string> names_in(const std::string& folder) {
  namespace fs = std::filesystem;
  std::set<std::string> names;
  std::error_code failed;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    names.insert(at->path().filename().string());
  }
  return names;
}

}  // namespace

NameDoubts::NameDoubts(const std::vector<Entry>& entries) {
  std::vector<std::uint64_t> keys;
  keys.reserve(entries.size());
  for (const Entry& entry : entries) {
    const std::optional<std::uint64_t> found = ascii_key(path::name(entry.path));
    ascii_ = found.has_value();
    if (!ascii_) break;
    keys.push_back(*found);
  }
  if (!ascii_) {
    keys.clear();
    for (const Entry& entry : entries) keys.push_back(key(path::name(entry.path)));
  }
  std::sort(keys.begin(), keys.end());
  for (auto at = keys.begin(); (at = std::adjacent_find(at, keys.end())) != keys.end();) {
    doubtful_.push_back(*at);
    at = std::upper_bound(at, keys.end(), *at);
  }
}

bool NameDoubts::contain(std::string_view name) const {
  // Of names that are all ASCII none is asked about that is not.
  return std::binary_search(doubtful_.begin(), doubtful_.end(), ascii_ ? ascii_key(name).value_or(0) : key(name));
}

bool NameDoubts::may_be_one(std::string_view a, std::string_view b) {
  const std::optional<std::uint64_t> first = ascii_key(a);
  const std::optional<std::uint64_t> second = ascii_key(b);
  return first && second ? *first == *second : key(a) == key(b);
}

bool Spellings::identify(const std::string& name, Identity& identity) const {
  const std::optional<std::string> real = folder_.mount->backend->local_file(path::join(folder_.path, name));
  struct stat status{};
  if (!real || ::stat(real->c_str(), &status) != 0) return false;
  identity = {status.st_dev, status.st_ino};
  return true;
}

std::string Spellings::taken_as(const std::string& name) const {
  Identity identity;
  if (!identify(name, identity)) return {};
  const auto same = recorded_.find(identity);
  if (same != recorded_.end()) return same->second;
  // Some file systems (FUSE) make up an inode for each spelling. They list one of both only.
  const auto alike = [&](const auto& recorded) { return NameDoubts::may_be_one(recorded.second, name); };
  if (std::none_of(recorded_.begin(), recorded_.end(), alike)) return {};
  const std::set<std::string> listed = names_in(*folder_.mount->backend->local_file(folder_.path));
  for (const auto& recorded : recorded_) {
    if (alike(recorded) && !(listed.contains(name) && listed.contains(recorded.second))) return recorded.second;
  }
  return {};
}

void Spellings::record(const std::string& name) {
  Identity identity;
  if (identify(name, identity)) recorded_.insert_or_assign(identity, name);
}

}  // namespace genro::storage

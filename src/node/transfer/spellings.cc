#include "node/transfer/spellings.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

#include "core/path.h"

namespace genro::storage {
namespace {

bool is_ascii(std::string_view name) {
  return std::none_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Characters that are no letters and yet have other forms in Unicode: U+037E is `;`, U+1FEF is "`", `=` with a stroke is U+2260.
bool has_other_forms(char c) {
  return static_cast<unsigned char>(c) >= 0x80 || is_letter(c) ||
         std::string_view(";`=<>").find(c) != std::string_view::npos;
}

/// Equal for names that any file system takes for one; by chance for others, too. `ascii`: so are all that it is compared with.
std::uint64_t key(std::string_view name, bool ascii) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (char c : name) {
    if (!ascii && has_other_forms(c)) continue;
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
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
  ascii_ =
      std::all_of(entries.begin(), entries.end(), [](const Entry& entry) { return is_ascii(path::name(entry.path)); });
  std::vector<std::uint64_t> keys;
  keys.reserve(entries.size());
  for (const Entry& entry : entries) keys.push_back(key(path::name(entry.path), ascii_));
  std::sort(keys.begin(), keys.end());
  for (auto at = keys.begin(); (at = std::adjacent_find(at, keys.end())) != keys.end();) {
    doubtful_.push_back(*at);
    at = std::upper_bound(at, keys.end(), *at);
  }
}

bool NameDoubts::contain(std::string_view name) const {
  return std::binary_search(doubtful_.begin(), doubtful_.end(), key(name, ascii_));
}

bool NameDoubts::may_be_one(std::string_view a, std::string_view b) {
  const bool ascii = is_ascii(a) && is_ascii(b);
  return key(a, ascii) == key(b, ascii);
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

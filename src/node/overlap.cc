// What folders of this machine are is told by device and inode, never by spelling alone: file
// systems can take `Folder` and `folder` for one name. Some (FUSE) make up an inode for each spelling; so two names that
// differ in capitals only are one, too, when their folder does not list both.
#include "node/overlap.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/path.h"

namespace genro::storage {
namespace {

namespace fs = std::filesystem;

Overlap overlap_of_paths(const std::string& source, const std::string& target) {
  if (source == target) return Overlap::same;
  if (path::is_within(target, source)) return Overlap::target_inside;
  return path::is_within(source, target) ? Overlap::source_inside : Overlap::apart;
}

std::string folded(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

/// Whether the folder is one of those that `path` leads through, its end included: 0 = no, else the length of that part of it.
std::size_t found_above(const struct stat& folder, std::string path) {
  for (; path.size() > 1; path.resize(std::max<std::size_t>(path.rfind('/'), 1))) {
    struct stat here{};
    if (::stat(path.c_str(), &here) == 0 && here.st_dev == folder.st_dev && here.st_ino == folder.st_ino) {
      return path.size();
    }
  }
  return 0;
}

bool lists_both(const std::string& folder, std::string_view a, std::string_view b) {
  bool has_a = false;
  bool has_b = false;
  std::error_code failed;
  for (fs::directory_iterator at(folder.empty() ? "/" : folder, failed), end; !failed && at != end;
       at.increment(failed)) {
    const std::string name = at->path().filename().string();
    has_a = has_a || name == a;
    has_b = has_b || name == b;
  }
  return failed || (has_a && has_b);
}

/// Whether two paths that differ in capitals only, as far as both go, lead through the same folders so far.
bool are_one_way(const std::string& a, const std::string& b) {
  std::size_t begin = 1;
  const std::size_t size = std::min(a.size(), b.size());
  while (begin < size) {
    const std::size_t end = std::min(a.find('/', begin), size);
    const std::string_view name = std::string_view(a).substr(begin, end - begin);
    const std::string_view other = std::string_view(b).substr(begin, end - begin);
    struct stat ignored{};
    if (name != other &&
        (::stat(b.substr(0, end).c_str(), &ignored) != 0 || lists_both(a.substr(0, begin - 1), name, other))) {
      return false;
    }
    begin = end + 1;
  }
  return true;
}

Overlap overlap_of_folders(const std::string& source, const std::string& target) {
  struct stat from{};
  struct stat to{};
  if (::stat(source.c_str(), &from) != 0 || !S_ISDIR(from.st_mode)) return Overlap::apart;
  if (const std::size_t size = found_above(from, target)) {
    return size == target.size() ? Overlap::same : Overlap::target_inside;
  }
  if (::stat(target.c_str(), &to) == 0 && found_above(to, source) != 0) return Overlap::source_inside;
  const Overlap alike = overlap_of_paths(folded(source), folded(target));
  return alike != Overlap::apart && are_one_way(source, target) ? alike : Overlap::apart;
}

}  // namespace

Overlap overlap_of(const Location& source, const Location& target) {
  if (one_store(*source.mount, *target.mount)) {
    const Overlap overlap = overlap_of_paths(source.path_in_base(), target.path_in_base());
    if (overlap != Overlap::apart) return overlap;
  }
  const std::optional<std::string> real_source = source.mount->backend->local_file(source.path);
  const std::optional<std::string> real_target = target.mount->backend->local_file(target.path);
  if (!real_source || !real_target) return Overlap::apart;
  const Overlap overlap = overlap_of_paths(*real_source, *real_target);
  return overlap != Overlap::apart ? overlap : overlap_of_folders(*real_source, *real_target);
}

bool differ_in_case(const Location& a, const Location& b) {
  const std::string one = a.path_in_base();
  const std::string other = b.path_in_base();
  return one_store(*a.mount, *b.mount) && one != other && path::parent(one) == path::parent(other) &&
         folded(one) == folded(other);
}

bool is_one_file(const Location& source, const Location& target) {
  const std::optional<std::string> real_source = source.mount->backend->local_file(source.path);
  const std::optional<std::string> real_target = target.mount->backend->local_file(target.path);
  std::error_code ignored;
  return real_source && real_target && fs::equivalent(*real_source, *real_target, ignored);
}

}  // namespace genro::storage

#include "backend/unfinished_upload.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "backend/marked_digits.h"
#include "core/path.h"
#include "genro/storage/error.h"

namespace genro::storage {
namespace {

constexpr std::string_view kUploadPrefix = ".genro-storage-";
constexpr std::string_view kUploadSuffix = ".tmp";
constexpr std::ptrdiff_t kDeepest =
    1000;  // components: no path of a real tree has as many, but a loop of links has more

}  // namespace

std::string unfinished_upload_name(Random& random) {
  return std::string(kUploadPrefix).append(marked_digits(random)).append(kUploadSuffix);
}

bool is_unfinished_upload(std::string_view name) noexcept {
  if (!name.starts_with(kUploadPrefix) || !name.ends_with(kUploadSuffix)) return false;
  if (name.size() != kUploadPrefix.size() + kMarkedDigits + kUploadSuffix.size()) return false;
  return are_marked_digits(name.substr(kUploadPrefix.size(), kMarkedDigits));
}

void refuse_unfinished_upload(std::string_view operation, std::string_view path) {
  for (std::string_view rest = path; !rest.empty();) {
    const auto [name, after] = path::split_first(rest);
    rest = after;
    if (!is_unfinished_upload(name)) continue;
    throw Error(ErrorCode::invalid_path, std::string(operation), std::string(path),
                "a name that is kept for files that are being written");
  }
}

bool is_as_old_as(const Entry& entry, double seconds, std::int64_t now_ns) noexcept {
  return entry.mtime_ns != Entry::kNoTime && static_cast<double>(now_ns - entry.mtime_ns) * 1e-9 >= seconds;
}

void GivenUpUploads::add(const std::string& name) {
  const std::lock_guard lock(mutex_);
  names_.insert(name);
}

void GivenUpUploads::forget(const std::string& name) {
  const std::lock_guard lock(mutex_);
  names_.erase(name);
}

bool GivenUpUploads::has(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  return names_.contains(name);
}

Task<void> clean_unfinished_uploads(UploadFolders& tree, std::string folder, double older_than, std::int64_t now_ns,
                                    std::vector<std::string>* removed) {
  std::vector<std::string> folders{std::move(folder)};
  while (!folders.empty()) {
    const std::string path = std::move(folders.back());
    folders.pop_back();
    if (std::count(path.begin(), path.end(), '/') >= kDeepest)
      throw Error(ErrorCode::protocol, "cleanup", path,
                  "directories lie in each other without end: a loop on the server");
    Task<std::vector<Entry>> listing = tree.members_of_folder(path);
    const std::vector<Entry> members = co_await listing;
    for (const Entry& entry : members) {
      if (!path::is_clean(entry.path)) continue;  // it has no path here
      if (entry.is_directory()) {
        folders.push_back(entry.path);
      } else if (is_unfinished_upload(path::name(entry.path)) && is_as_old_as(entry, older_than, now_ns)) {
        Task<void> removing = tree.remove_upload(entry.path);
        co_await removing;
        removed->push_back(entry.path);
      }
    }
  }
}

}  // namespace genro::storage

#include "node/tree/folder_pages.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "loop/give_way.h"
#include "node/guard.h"

namespace genro::storage {
namespace {

bool is_own_folder(const Entry& entry) { return entry.is_directory() && !entry.is_link; }

void take(std::vector<Entry>& into, std::vector<Entry>&& page) {
  into.insert(into.end(), std::make_move_iterator(page.begin()), std::make_move_iterator(page.end()));
}

Task<std::vector<Entry>> every_page(MountPointer mount, std::string path, ListerOptions options, bool may_be_gone) {
  FolderPages pages(std::move(mount), std::move(path), options, may_be_gone);
  std::vector<Entry> entries;
  for (;;) {
    Task<std::optional<std::vector<Entry>>> listing = pages.next();
    std::optional<std::vector<Entry>> page = co_await listing;
    if (!page) break;
    take(entries, std::move(*page));
  }
  co_return entries;
}

Task<std::vector<Entry>> down_to(MountPointer mount, std::string path, unsigned max_depth) {
  std::vector<Entry> entries;
  std::vector<std::string> folders{path};
  // The folder itself is looked at in any case: that it is missing must not pass for empty.
  for (unsigned depth = 0; !folders.empty() && depth < std::max(max_depth, 1U); ++depth) {
    std::vector<std::string> below;
    for (std::string& folder : folders) {
      Task<std::vector<Entry>> listing = every_page(mount, std::move(folder), {}, depth > 0);
      std::vector<Entry> found = co_await listing;
      for (const Entry& entry : found) {
        if (is_own_folder(entry)) below.push_back(entry.path);
      }
      take(entries, std::move(found));
    }
    folders = std::move(below);
  }
  if (max_depth == 0) entries.clear();
  co_return entries;
}

}  // namespace

void require_folders(const Mount& mount, std::string_view operation, std::string_view path) {
  require_mount(mount, operation);
  if (mount.caps.list) return;
  throw failure(ErrorCode::invalid_argument, operation, mount, path,
                "a " + mount.protocol + " mount has no directory structure");
}

FolderPages::FolderPages(MountPointer mount, std::string path, ListerOptions options, bool may_be_gone)
    : mount_(std::move(mount)),
      path_(std::move(path)),
      may_be_gone_(may_be_gone),
      lister_(mount_->backend, path_, options) {}

Task<std::optional<std::vector<Entry>>> FolderPages::next() {
  require_folders(*mount_, "list", path_);
  Task<std::optional<std::vector<Entry>>> listing = lister_.next();
  Result<std::optional<std::vector<Entry>>> listed = co_await listing.as_result();
  if (listed.ok()) co_return std::move(listed).take();
  const Error error = listed.error();
  if (may_be_gone_ && means_absent(error.code())) co_return std::nullopt;
  if (error.code() == ErrorCode::internal) std::rethrow_exception(listed.exception());
  if (error.code() != ErrorCode::not_directory) throw located(error, "list", *mount_, path_);
  throw failure(ErrorCode::invalid_argument, "list", *mount_, path_, "not a directory");
}

namespace {

Task<std::vector<Entry>> in_order(Task<std::vector<Entry>> listing) {
  std::vector<Entry> entries = co_await listing;
  const auto sort = [&entries] {
    // An object store may have a file and a folder of one name: the folder comes last, directly before what is in it.
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
      return a.path == b.path ? !a.is_directory() && b.is_directory() : tree_order(a.path, b.path);
    });
    // A listing may repeat what others move while it runs.
    const auto repeated = [](const Entry& a, const Entry& b) {
      return a.path == b.path && a.is_directory() == b.is_directory();
    };
    entries.erase(std::unique(entries.begin(), entries.end(), repeated), entries.end());
  };
  Task<void> sorting = on_helper(entries.size() * kEntryBytes, sort);
  co_await sorting;
  co_return entries;
}

}  // namespace

Task<std::vector<Entry>> entries_below(MountPointer mount, std::string path, std::optional<unsigned> max_depth) {
  ListerOptions options;
  options.recursive = true;
  return in_order(max_depth ? down_to(std::move(mount), std::move(path), *max_depth)
                            : every_page(std::move(mount), std::move(path), options, false));
}

Task<std::vector<Entry>> names_below(MountPointer mount, std::string path) {
  ListerOptions options;
  options.recursive = true;
  options.names_only = true;
  return in_order(every_page(std::move(mount), std::move(path), options, false));
}

Task<std::vector<std::string>> in_tree_order(std::vector<std::string> paths) {
  const auto sort = [&paths] {
    std::sort(paths.begin(), paths.end(), tree_order);
    paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  };
  Task<void> sorting = on_helper(paths.size() * kEntryBytes, sort);
  co_await sorting;
  co_return paths;
}

bool tree_order(std::string_view a, std::string_view b) noexcept {
  const auto [left, right] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (left == a.end() || right == b.end()) return right != b.end();
  if (*left == '/' || *right == '/') return *left == '/';
  return static_cast<unsigned char>(*left) < static_cast<unsigned char>(*right);
}

}  // namespace genro::storage

#include "node/tree_walk.h"

#include <algorithm>
#include <utility>

#include "core/path.h"
#include "node/guard.h"
#include "node/tree.h"

namespace genro::storage {
namespace {

bool by_path(const Entry& a, const Entry& b) { return a.path < b.path; }

Task<std::vector<Entry>> sorted_entries(Place place) {
  try {
    Task<std::vector<Entry>> listing = list_folder(place.mount, place.path);
    std::vector<Entry> entries = co_await listing;
    std::sort(entries.begin(), entries.end(), by_path);
    co_return entries;
  } catch (const Error& error) {
    throw located(error, "list", *place.mount, place.path);
  }
}

}  // namespace

TreeWalk::TreeWalk(Place source, Place target, bool compares)
    : source_(std::move(source)), target_(std::move(target)), compares_(compares) {}

std::string TreeWalk::relative(const Entry& entry) const {
  return std::string(path::relative_to(entry.path, source_.path));
}

const Entry* TreeWalk::counterpart(const Level& level, const std::string& relative) const {
  Entry wanted;
  wanted.path = path::join(target_.path, relative);
  const auto found = std::lower_bound(level.there.begin(), level.there.end(), wanted, by_path);
  return found != level.there.end() && found->path == wanted.path ? &*found : nullptr;
}

/// The chain inside the folder; null when the folder is already being walked through further up.
std::shared_ptr<const TreeWalk::Chain> TreeWalk::followed(const std::string& relative, bool is_link) const {
  std::shared_ptr<const Chain> above = levels_.empty() ? nullptr : levels_.back().chain;
  if (!is_link && above) return above;
  const std::string here = path::join(source_.path, relative);
  std::string real = source_.mount->backend->local_file(here).value_or(here);
  // A link that leads to, or above, a folder on the way to it would never end.
  const std::string parent = path::join(source_.path, path::parent(relative));
  const std::string real_parent = is_link ? source_.mount->backend->local_file(parent).value_or(parent) : std::string();
  if (is_link && path::is_within(real_parent, real)) return nullptr;
  for (const Chain* link = above.get(); link; link = link->above.get()) {
    if (link->real == real) return nullptr;
  }
  return std::make_shared<const Chain>(Chain{std::move(real), std::move(above)});
}

/// Gives whether the folder was there before.
Task<bool> TreeWalk::make_counterpart(std::string relative, const Entry* there) {
  const std::string path = path::join(target_.path, relative);
  const Mount& mount = *target_.mount;
  if (there) {
    if (there->is_directory()) co_return true;
    throw failure(ErrorCode::not_directory, "copy", mount, path, "a file is where a folder is to be");
  }
  if (!mount.caps.make_dir) co_return false;
  Task<void> making = mount.backend->make_dir(path);
  Result<void> made = co_await making.as_result();
  if (made.ok()) co_return false;
  const Error error = made.error();
  if (error.code() != ErrorCode::already_exists) throw located(error, "mkdir", mount, path);
  Task<std::optional<Entry>> look = mount.backend->stat(path);
  const std::optional<Entry> entry = co_await look;
  if (entry && entry->is_directory()) co_return true;
  throw failure(ErrorCode::not_directory, "copy", mount, path, "a file is where a folder is to be");
}

Task<void> TreeWalk::enter(std::string relative, bool is_link, bool target_exists) {
  std::shared_ptr<const Chain> chain = followed(relative, is_link);
  folders_.push_back(relative);
  if (!chain) co_return;  // made, but what is in it is copied where it really is
  Level level;
  level.chain = std::move(chain);
  Task<std::vector<Entry>> listing = sorted_entries({source_.mount, path::join(source_.path, relative)});
  level.entries = co_await listing;
  if (compares_ && target_exists) {
    Task<std::vector<Entry>> comparing = sorted_entries({target_.mount, path::join(target_.path, relative)});
    Result<std::vector<Entry>> there = co_await comparing.as_result();
    if (there.ok()) {
      level.there = std::move(there).take();
    } else if (!means_absent(there.error().code())) {
      std::rethrow_exception(there.exception());
    }
  }
  levels_.push_back(std::move(level));
}

Task<std::optional<std::vector<WalkedFile>>> TreeWalk::next() {
  if (!std::exchange(started_, true)) {
    Task<void> entering = enter({}, false, true);
    co_await entering;
  }
  std::vector<WalkedFile> files;
  while (!levels_.empty()) {
    Level& level = levels_.back();
    if (level.at == level.entries.size()) {
      if (!files.empty()) break;
      levels_.pop_back();
      continue;
    }
    Entry& entry = level.entries[level.at];
    std::string below = relative(entry);
    const Entry* there = compares_ ? counterpart(level, below) : nullptr;
    if (!entry.is_directory()) {
      ++level.at;
      files.push_back({std::move(below), std::move(entry), there ? std::optional<Entry>(*there) : std::nullopt});
      continue;
    }
    if (!files.empty()) break;  // first what comes before the folder
    ++level.at;
    const bool is_link = entry.is_link;
    Task<bool> making = make_counterpart(below, there);
    const bool existed = co_await making;
    Task<void> entering = enter(std::move(below), is_link, existed);  // `level` is no more after this
    co_await entering;
  }
  if (files.empty()) co_return std::nullopt;
  co_return std::optional<std::vector<WalkedFile>>(std::move(files));
}

}  // namespace genro::storage

#include "node/transfer/tree_walk.h"

#include <algorithm>
#include <utility>

#include "core/path.h"
#include "loop/give_way.h"
#include "loop/offload.h"
#include "node/guard.h"
#include "node/tree/path_order.h"
#include "node/tree/tree.h"

namespace genro::storage {
namespace {

constexpr std::size_t kCompareBytes = 64;  // of hashing, that comparing a name with all others takes as long as

}  // namespace

/// Begins to list the folders that the walk enters next.
void TreeWalk::list_ahead(Context& context) {
  for (std::size_t depth = levels_.size(); depth-- > 0;) {
    const Level& level = levels_[depth];
    for (std::size_t at = level.at; at < level.entries.size() && ahead_.has_room(); ++at) {
      const Entry& entry = level.entries[at];
      if (!entry.is_directory() || entry.is_link) continue;
      WalkedFile folder;
      folder.relative = path::relative_to(entry.path, plan_.source.path);
      if (!left_out(folder)) ahead_.expect(context, entry.path);
    }
  }
}

Task<ListedFolder> TreeWalk::list_source(const std::string& relative, bool names_only) {
  Location folder = plan_.from(relative);
  return names_only ? list_sorted(std::move(folder), plan_.source_bulk) : ahead_.take(std::move(folder.path));
}

Task<ListedFolder> TreeWalk::list_target(const std::string& relative) const {
  Location folder = plan_.to(relative);
  return list_sorted(std::move(folder), plan_.names_only ? plan_.bulk : nullptr);
}

/// What has this name at the target; of a file and a folder that share it the one of the same kind. Both folders are sorted,
/// and the walk asks in their order: one pass goes through the target's.
const Entry* TreeWalk::counterpart(Level& level, std::string_view relative, bool is_folder) const {
  const std::vector<Entry>& there = level.there;
  const auto below = [&](std::size_t at) { return path::relative_to(there[at].path, plan_.target.path); };
  while (level.there_at < there.size() && below(level.there_at) < relative) ++level.there_at;
  const Entry* namesake = nullptr;
  for (std::size_t at = level.there_at; at < there.size() && below(at) == relative; ++at) {
    if (there[at].is_directory() == is_folder) return &there[at];
    if (!namesake) namesake = &there[at];
  }
  return namesake;
}

/// What the folder holds under names that no path can have, so that it can be told; empty from the second time on.
std::vector<WalkedFile> TreeWalk::nameless(Level& level) const {
  std::vector<WalkedFile> files;
  for (Entry& entry : std::exchange(level.unnamable, {})) {
    WalkedFile found;
    const bool below = path::is_within(entry.path, plan_.source.path);
    found.relative = below ? path::relative_to(entry.path, plan_.source.path) : std::string_view(entry.path);
    found.source = std::move(entry);
    found.no_copy = "its name is not a valid path component";
    files.push_back(std::move(found));
  }
  return files;
}

/// The reason why the file at which the walk stands has no copy. An object store may have a folder of the same name.
std::string_view TreeWalk::no_copy(const Level& level, std::string_view relative) const {
  const std::string_view fault =
      plan_.target_keys ? plan_.target_keys->fault_of(plan_.to(relative).path_in_base()) : std::string_view();
  if (!fault.empty()) return fault;
  if (!plan_.target.mount->caps.make_dir) return {};
  const auto is_namesake = [&](std::size_t at) {
    return at < level.entries.size() && level.entries[at].is_directory() &&
           level.entries[at].path == level.entries[level.at].path;
  };
  const bool shared = is_namesake(level.at + 1) || (level.at > 0 && is_namesake(level.at - 1));
  return shared ? "a directory has the same name, and the destination cannot have both" : "";
}

/// `mode`: the source's, 0 = not known.
Task<void> TreeWalk::make_folder(std::string relative, std::uint32_t mode) {
  const Location folder = plan_.to(relative);
  if (!plan_.bulk) {
    Task<void> making = plan_.target.mount->backend->make_dir(folder.path);
    co_await making;
    Task<void> giving = modes_.give(folder, mode);
    co_await giving;
    co_return;
  }
  const std::string source = plan_.from(relative).path_in_base();
  const std::string below = folder.path_in_base();
  auto making = offload(
      [&] {
        if (mode == 0) mode = plan_.source_bulk->folder_mode(source);
        plan_.bulk->make_folder(below, mode);
      },
      plan_.bulk->threads());
  co_await making;
  modes_.made(folder, mode);
  std::string parent(path::parent(below));
  if (made_in_.empty() || made_in_.back() != parent) made_in_.push_back(std::move(parent));
}

Task<void> TreeWalk::finish() {
  Task<void> closing = modes_.apply();
  co_await closing;
  if (made_in_.empty()) co_return;
  std::sort(made_in_.begin(), made_in_.end());
  made_in_.erase(std::unique(made_in_.begin(), made_in_.end()), made_in_.end());
  auto syncing = offload([this] { plan_.bulk->sync_folders(made_in_); }, plan_.bulk->threads());
  co_await syncing;
  made_in_.clear();
}

/// Gives whether the folder was there before.
Task<bool> TreeWalk::make_counterpart(std::string relative, const Entry* there, std::uint32_t mode) {
  const Mount& mount = *plan_.target.mount;
  const std::string path = path::join(plan_.target.path, relative);
  if (there) {
    if (there->is_directory()) co_return true;
    throw failure(ErrorCode::not_directory, "copy", mount, path, "a file is where a directory should be");
  }
  if (!mount.caps.make_dir) co_return false;
  Task<void> making = make_folder(std::move(relative), mode);
  Result<void> made = co_await making.as_result();
  if (made.ok()) co_return false;
  const Error error = made.error();
  if (error.code() != ErrorCode::already_exists) throw located(error, "mkdir", mount, path);
  Task<std::optional<Entry>> look = mount.backend->stat(path);
  const std::optional<Entry> entry = co_await look;
  if (entry && entry->is_directory()) co_return true;
  throw failure(ErrorCode::not_directory, "copy", mount, path, "a file is where a directory should be");
}

/// Asks the target only when there is a doubt: hardly ever.
Task<std::shared_ptr<Spellings>> TreeWalk::doubts(std::string relative, const std::vector<Entry>& entries) const {
  if (!plan_.target_folders || entries.size() < 2) co_return nullptr;
  auto comparing = on_helper(entries.size() * kCompareBytes, [&] { return NameDoubts(entries); });
  NameDoubts doubts = co_await comparing;
  if (doubts.none()) co_return nullptr;
  const Location folder = plan_.to(relative);
  auto trying = offload([&] { return plan_.target_folders->folds_names(folder.path_in_base()); },
                        plan_.target_folders->threads());
  const bool folds = co_await trying;
  co_return folds ? std::make_shared<Spellings>(folder, std::move(doubts)) : nullptr;
}

/// What the target takes the folder's name for; "" when it may be made.
Task<std::string> TreeWalk::taken_as(std::shared_ptr<Spellings> spellings, std::string name) const {
  if (!spellings || !spellings->doubt(name)) co_return std::string();
  auto asking = offload([&] { return spellings->taken_as(name); }, plan_.target_folders->threads());
  co_return co_await asking;
}

Task<void> TreeWalk::record_name(std::shared_ptr<Spellings> spellings, std::string name) const {
  if (!spellings || !spellings->doubt(name)) co_return;
  auto recording = offload([&] { spellings->record(name); }, plan_.target_folders->threads());
  co_await recording;
}

Task<void> TreeWalk::enter(std::string relative, bool is_link, bool target_exists) {
  std::shared_ptr<const LinkChain> above = levels_.empty() ? nullptr : levels_.back().chain;
  auto following = offload([&] {
    return LinkChain::enter(*plan_.source.mount->backend, plan_.from(relative).path, is_link, std::move(above));
  });
  std::shared_ptr<const LinkChain> chain = co_await following;
  folders_.push_back(relative);
  if (!chain) co_return;  // made, but what is in it is copied where it really is
  Level level;
  level.chain = std::move(chain);
  if (plan_.filter.compares() && target_exists) {
    Task<ListedFolder> comparing = list_target(relative);
    Result<ListedFolder> there = co_await comparing.as_result();
    if (there.ok()) {
      ListedFolder listed = std::move(there).take();
      level.there = std::move(listed.entries);
      level.unnamable = std::move(listed.unnamable);
    } else if (!means_absent(there.error().code())) {
      std::rethrow_exception(there.exception());
    }
  }
  level.names_only = plan_.names_only || (plan_.names_only_if_new && level.there.empty());
  Task<ListedFolder> listing = list_source(folders_.back(), level.names_only && plan_.source_bulk);
  ListedFolder listed = co_await listing;
  level.entries = std::move(listed.entries);
  level.unnamable.insert(level.unnamable.end(), std::make_move_iterator(listed.unnamable.begin()),
                         std::make_move_iterator(listed.unnamable.end()));
  Task<std::shared_ptr<Spellings>> comparing = doubts(folders_.back(), level.entries);
  level.spellings = co_await comparing;
  levels_.push_back(std::move(level));
  Context& context = co_await current_context();
  list_ahead(context);
}

/// Whether nothing in the folder is wanted, so that it need not be looked into.
bool TreeWalk::left_out(WalkedFile& folder) const {
  folder.left_out = plan_.filter.excluded_folder(folder.relative);
  if (!folder.left_out.empty()) return true;
  // Folders appear at the target also when all in them is excluded, and listeners are told of every file.
  return !plan_.target.mount->caps.make_dir && !plan_.ordered && plan_.filter.excludes_all_below(folder.relative);
}

Task<std::optional<std::vector<WalkedFile>>> TreeWalk::next() {
  if (!std::exchange(started_, true)) {
    Task<void> entering = enter({}, false, true);
    co_await entering;
  }
  std::vector<WalkedFile> files;
  while (!levels_.empty()) {
    Level& level = levels_.back();
    if (!level.unnamable.empty()) co_return nameless(level);  // before anything else of the folder
    if (level.at == level.entries.size()) {
      if (!files.empty()) break;
      levels_.pop_back();
      continue;
    }
    Entry& entry = level.entries[level.at];
    const std::string_view relative = path::relative_to(entry.path, plan_.source.path);
    const bool is_folder = entry.is_directory();
    const Entry* there = plan_.filter.compares() ? counterpart(level, relative, is_folder) : nullptr;
    if (!is_folder) {
      if (files.empty()) files.reserve(level.entries.size() - level.at);
      WalkedFile& file = files.emplace_back();  // made where it stays: moving one costs as much as finding it
      file.relative = relative;
      if (const std::string_view reason = no_copy(level, relative); !reason.empty()) file.no_copy = reason;
      if (level.spellings && level.spellings->doubt(path::name(relative))) file.spellings = level.spellings;
      if (there) file.target = *there;
      file.source = std::move(entry);  // `relative` is no more after this
      file.known = !level.names_only || file.source.is_link;
      ++level.at;
      continue;
    }
    if (!files.empty()) break;  // first what comes before the folder
    ++level.at;
    WalkedFile found;
    found.relative = relative;
    if (left_out(found)) {
      if (!found.left_out.empty()) files.push_back(std::move(found));
      continue;
    }
    const std::shared_ptr<Spellings> spellings = level.spellings;
    const std::string name(path::name(found.relative));
    Task<std::string> asking = taken_as(spellings, name);
    found.taken = co_await asking;
    if (!found.taken.empty()) {
      found.source = std::move(entry);
      files.push_back(std::move(found));
      continue;
    }
    const bool is_link = entry.is_link;
    Task<bool> making = make_counterpart(found.relative, there, entry.mode);
    const bool existed = co_await making;
    Task<void> recording = record_name(spellings, name);
    co_await recording;
    Task<void> entering = enter(std::move(found.relative), is_link, existed);  // `level` is no more after this
    co_await entering;
  }
  if (files.empty()) co_return std::nullopt;
  co_return std::optional<std::vector<WalkedFile>>(std::move(files));
}

}  // namespace genro::storage

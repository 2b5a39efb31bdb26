#include "node/archive/zip_members.h"

#include <utility>

#include "codec/zip_records.h"
#include "core/path.h"
#include "genro/storage/error.h"
#include "loop/offload.h"
#include "node/guard.h"
#include "node/tree/path_order.h"
#include "node/tree/tree.h"
#include "node/virtual/content.h"

namespace genro::storage {
namespace {

Error nothing_to_zip(const Node& node) {
  return Error(ErrorCode::invalid_argument, "zip", node.fullpath(),
               "Cannot create ZIP: there is no such file, directory or iternode");
}

Task<std::optional<Entry>> look_at(Node node) {
  Task<std::optional<Entry>> looking = node.stat();
  co_return co_await looking;
}

}  // namespace

std::string UniqueNames::add(std::string_view name) {
  std::string wanted(name);
  if (taken_.insert(wanted).second) return wanted;
  const std::string_view suffix = path::suffix(path::name(name));
  const std::string_view stem = name.substr(0, name.size() - suffix.size());
  std::size_t& number = next_.try_emplace(wanted, 2).first->second;
  for (;; ++number) {
    std::string other = std::string(stem) + " (" + std::to_string(number) + ")" + std::string(suffix);
    if (taken_.insert(other).second) return other;
  }
}

Task<ZipMembers> ZipMembers::of(Node node, std::optional<Location> without) {
  ZipMembers members(node, std::move(without));
  if (const VirtualContent* content = virtual_content_of(node)) {
    if (!content->is_sequence()) throw nothing_to_zip(node);
    members.sources_ = content->sources();
    co_return std::move(members);
  }
  if (node.detached()) throw nothing_to_zip(node);
  Task<std::optional<Entry>> looking = look_at(node);
  const std::optional<Entry> entry = co_await looking;
  if (!entry || entry->kind == EntryKind::other) throw nothing_to_zip(node);
  if (entry->is_file()) {
    members.sources_.push_back(node);
  } else if (node.mount()->caps.make_dir) {
    Task<void> entering = members.enter(node.path(), false);
    co_await entering;
  } else {
    members.lister_ = std::make_unique<Lister>(node.mount()->backend, node.path(), ListerOptions{true, false, 0});
  }
  co_return std::move(members);
}

Task<void> ZipMembers::enter(std::string path, bool is_link) {
  const MountPointer mount = node_.mount();
  Level level;
  std::shared_ptr<const LinkChain> above = levels_.empty() ? nullptr : levels_.back().chain;
  auto following = offload([&] { return LinkChain::enter(*mount->backend, path, is_link, std::move(above)); });
  level.chain = co_await following;
  if (!level.chain) co_return;  // what the link leads to is in the archive where it really is
  try {
    Task<std::vector<Entry>> listing = list_folder(mount, path);
    level.entries = co_await listing;
  } catch (const Error& error) {
    throw located(error, "zip", *mount, path);
  }
  sort_entries(level.entries, path);
  levels_.push_back(std::move(level));
}

bool ZipMembers::left_out(const Entry& entry) const {
  return entry.kind == EntryKind::other || (without_ && same_location({node_.mount(), entry.path}, *without_));
}

ZipMember ZipMembers::member(const Entry& entry) const {
  return {Node(node_.manager(), node_.mount(), entry.path), std::string(path::relative_to(entry.path, node_.path()))};
}

std::optional<ZipMember> ZipMembers::next_source() {
  if (at_ == sources_.size()) return std::nullopt;
  Node& source = sources_[at_++];
  const std::string_view name = source.basename();
  const bool nameless = name.empty() || name.size() > ZipRecord::kLongestName;  // a base64 path is a content
  std::string unique = names_.add(nameless ? "file" : name);  // a view into the node: before that moves
  return ZipMember{std::move(source), std::move(unique)};
}

/// The next entries of a listing of keys; false at the end.
Task<bool> ZipMembers::turn_page() {
  Level page;
  try {
    Task<std::optional<std::vector<Entry>>> listing = lister_->next();
    std::optional<std::vector<Entry>> entries = co_await listing;
    require_namable(lister_->unnamable());  // where it is unpacked such a name could mean any place
    if (!entries) co_return false;
    page.entries = std::move(*entries);
  } catch (const Error& error) {
    throw located(error, "zip", *node_.mount(), node_.path());
  }
  levels_.clear();
  levels_.push_back(std::move(page));
  co_return true;
}

Task<std::optional<ZipMember>> ZipMembers::next() {
  for (;;) {
    if (levels_.empty() || (lister_ && levels_.back().at == levels_.back().entries.size())) {
      if (!lister_) co_return next_source();
      Task<bool> turning = turn_page();
      const bool more = co_await turning;
      if (!more) co_return std::nullopt;
      continue;
    }
    Level& level = levels_.back();
    if (level.at == level.entries.size()) {
      levels_.pop_back();
      continue;
    }
    const Entry entry = std::move(level.entries[level.at++]);
    if (left_out(entry)) continue;
    if (!entry.is_directory()) co_return member(entry);
    if (lister_) continue;                                   // a marker of a folder: what is below has keys of its own
    Task<void> entering = enter(entry.path, entry.is_link);  // `level` is no more after this
    co_await entering;
  }
}

}  // namespace genro::storage

#include "node/tree/glob_search.h"

#include <algorithm>
#include <utility>

#include "core/path.h"
#include "genro/storage/node.h"
#include "node/guard.h"
#include "node/tree/find.h"

namespace genro::storage {

GlobSearch::GlobSearch(MountPointer mount, std::string root, std::string_view pattern)
    : mount_(std::move(mount)), root_(std::move(root)) {
  require_folders(*mount_, "glob", root_);
  const auto refuse = [&](const char* why) {
    return failure(ErrorCode::invalid_argument, "glob", *mount_, root_,
                   "pattern '" + std::string(pattern) + "' " + why);
  };
  if (pattern.starts_with('/')) throw refuse("must be relative to the directory");
  folders_only_ = pattern.ends_with('/');
  parse(pattern);
  if (components_.empty()) throw refuse("is empty");
  if (std::any_of(components_.begin(), components_.end(), [](const Component& c) { return c.text == ".."; })) {
    throw refuse("climbs out of the directory");
  }
  pending_.push_back({root_, 0});
}

void GlobSearch::parse(std::string_view pattern) {
  std::string rest;
  std::vector<std::string> texts;
  while (!pattern.empty()) {
    const auto [first, more] = path::split_first(pattern);
    if (!first.empty() && first != ".") texts.emplace_back(first);
    pattern = more;
  }
  for (std::size_t i = texts.size(); i-- > 0;) {
    rest = path::join(texts[i], rest);
    const bool any = texts[i] == "**";
    const bool literal = texts[i].find_first_of("*?[") == std::string::npos;
    components_.push_back({texts[i], literal, any, PathGlob(any ? rest : texts[i])});
  }
  std::reverse(components_.begin(), components_.end());
}

/// The path if something fitting is there.
Task<std::optional<std::string>> GlobSearch::look(std::string path) const {
  Task<std::optional<Entry>> looking = mount_->backend->stat(path);
  Result<std::optional<Entry>> looked = co_await looking.as_result();
  if (!looked.ok()) {
    if (means_absent(looked.error().code())) co_return std::nullopt;
    throw located(looked.error(), "glob", *mount_, path);
  }
  if (!looked.value() || (folders_only_ && !looked.value()->is_directory())) co_return std::nullopt;
  co_return std::optional<std::string>(std::move(path));
}

void GlobSearch::begin_listing() {
  const Component& component = components_[at_.component];
  ListerOptions options;
  options.recursive = component.any;
  options.names_only = component.any || (is_last() && !folders_only_);
  const bool is_root = at_.folder == root_;
  pages_.emplace(mount_, at_.folder, options, !is_root);
  root_seen_ = root_seen_ || is_root;
}

void GlobSearch::sift(const std::vector<Entry>& entries, std::vector<std::string>& found) {
  const Component& component = components_[at_.component];
  const bool ends = component.any || is_last();
  for (const Entry& entry : entries) {
    if ((folders_only_ || !ends) && !entry.is_directory()) continue;
    if (!component.rest.matches(path::relative_to(entry.path, at_.folder))) continue;
    if (ends) {
      found.push_back(entry.path);
    } else {
      pending_.push_back({entry.path, at_.component + 1});
    }
  }
}

Task<std::optional<std::vector<std::string>>> GlobSearch::next() {
  std::vector<std::string> found;
  if (!pages_) {
    if (pending_.empty()) {
      if (found_any_ || std::exchange(root_seen_, true)) co_return std::nullopt;
      // Nothing matched and nobody looked: a folder that is missing must not pass for empty.
      FolderPages root(mount_, root_, {false, true, 1, true});
      Task<std::optional<std::vector<Entry>>> listing = root.next();
      co_await listing;
      co_return std::nullopt;
    }
    at_ = std::move(pending_.back());
    pending_.pop_back();
    for (; components_[at_.component].literal && !is_last(); ++at_.component) {
      at_.folder = path::join(at_.folder, components_[at_.component].text);
    }
    if (components_[at_.component].literal) {
      Task<std::optional<std::string>> looking = look(path::join(at_.folder, components_[at_.component].text));
      std::optional<std::string> there = co_await looking;
      if (there) found.push_back(std::move(*there));
      found_any_ = found_any_ || !found.empty();
      co_return std::optional<std::vector<std::string>>(std::move(found));
    }
    begin_listing();
  }
  Task<std::optional<std::vector<Entry>>> listing = pages_->next();
  const std::optional<std::vector<Entry>> page = co_await listing;
  if (page) {
    sift(*page, found);
    found_any_ = found_any_ || !found.empty();
  } else {
    pages_.reset();
  }
  co_return std::optional<std::vector<std::string>>(std::move(found));
}

Task<std::vector<std::string>> glob_paths(MountPointer mount, std::string path, std::string pattern) {
  GlobSearch search(std::move(mount), std::move(path), pattern);
  std::vector<std::string> paths;
  for (;;) {
    Task<std::optional<std::vector<std::string>>> searching = search.next();
    std::optional<std::vector<std::string>> found = co_await searching;
    if (!found) break;
    paths.insert(paths.end(), std::make_move_iterator(found->begin()), std::make_move_iterator(found->end()));
  }
  Task<std::vector<std::string>> sorting = in_tree_order(std::move(paths));
  co_return co_await sorting;
}

Task<std::vector<std::string>> rglob_paths(MountPointer mount, std::string path, std::string pattern) {
  const GlobSearch checked(mount, path, pattern);  // an absolute or empty one would pass behind the prefix
  Task<std::vector<std::string>> searching = glob_paths(std::move(mount), std::move(path), "**/" + pattern);
  co_return co_await searching;
}

}  // namespace genro::storage

#include "backend/http/page_builder.h"

#include <algorithm>
#include <utility>

#include "genro/storage/error.h"

namespace genro::storage {

void PageBuilder::take_path(std::string& key) const {
  if (!std::string_view(key).starts_with(prefix_)) {
    throw Error(ErrorCode::protocol, "the server sent a key outside of the prefix that was asked for");
  }
  key.erase(0, prefix_.size());
}

bool PageBuilder::take_object(Entry& entry) const {
  take_path(entry.path);
  if (entry.size == 0 && entry.path.ends_with('/')) entry.kind = EntryKind::directory;
  return !entry.path.empty();  // else the mark of the mount itself
}

void PageBuilder::add_folder(std::string key, std::vector<Entry>& to) const {
  take_path(key);
  if (key.ends_with('/')) key.pop_back();
  if (key.empty() || key.ends_with('/')) key += '/';  // "a//": a name that no path can have
  Entry entry;
  entry.path = std::move(key);
  entry.kind = EntryKind::directory;
  to.push_back(std::move(entry));
}

ObjectPage PageBuilder::finish(bool truncated) {
  ObjectPage out;
  out.found = !objects.empty() || !folders.empty();
  std::erase_if(objects, [this](Entry& entry) { return !take_object(entry); });
  for (std::string& key : folders) add_folder(std::move(key), objects);
  // Keys are in an order of their own ("a-b/" stands before "a/"), and a folder may be there as its mark and as a prefix.
  const auto order = [](const Entry& a, const Entry& b) {
    const int by_path = a.path.compare(b.path);
    return by_path != 0 ? by_path < 0 : a.kind < b.kind;
  };
  if (!std::is_sorted(objects.begin(), objects.end(), order)) std::stable_sort(objects.begin(), objects.end(), order);
  const auto twice = [](const Entry& a, const Entry& b) { return a.path == b.path && a.kind == b.kind; };
  objects.erase(std::unique(objects.begin(), objects.end(), twice), objects.end());
  out.page.entries = std::move(objects);
  if (truncated && token.empty()) {
    throw Error(ErrorCode::protocol, "the server sent a truncated listing without a continuation token");
  }
  if (truncated) out.page.next_token = std::move(token);
  return out;
}

}  // namespace genro::storage

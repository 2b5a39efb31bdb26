#include "backend/http/page_builder.h"

#include <algorithm>
#include <iterator>
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
  std::vector<Entry> directories;
  for (std::string& key : folders) add_folder(std::move(key), directories);
  if (directories.empty()) {
    out.page.entries = std::move(objects);
  } else {
    out.page.entries.reserve(objects.size() + directories.size());
    std::merge(std::make_move_iterator(objects.begin()), std::make_move_iterator(objects.end()),
               std::make_move_iterator(directories.begin()), std::make_move_iterator(directories.end()),
               std::back_inserter(out.page.entries), [](const Entry& a, const Entry& b) { return a.path < b.path; });
  }
  if (truncated && token.empty()) {
    throw Error(ErrorCode::protocol, "the server sent a truncated listing without a continuation token");
  }
  if (truncated) out.page.next_token = std::move(token);
  return out;
}

}  // namespace genro::storage

#include <unordered_map>
#include <utility>

#include "core/path.h"
#include "loop/give_way.h"
#include "node/tree/find.h"
#include "node/tree/folder_pages.h"

namespace genro::storage {

namespace {

std::vector<WalkedFolder> grouped(std::vector<Entry> entries, std::string path) {
  std::vector<WalkedFolder> walked;
  std::unordered_map<std::string, std::size_t> index{{path, 0}};
  walked.push_back({std::move(path), {}, {}});
  for (Entry& entry : entries) {  // a folder comes before what is in it
    const auto above = index.find(std::string(path::parent(entry.path)));
    if (above == index.end()) continue;  // its folder went away while the listing ran
    if (!entry.is_directory()) {
      walked[above->second].files.push_back(std::move(entry.path));
      continue;
    }
    walked[above->second].folders.push_back(entry.path);
    if (entry.is_link) continue;
    index.emplace(entry.path, walked.size());
    walked.push_back({std::move(entry.path), {}, {}});
  }
  return walked;
}

}  // namespace

Task<std::vector<WalkedFolder>> walk_folders(MountPointer mount, std::string path) {
  Task<std::vector<Entry>> listing = names_below(std::move(mount), path);
  std::vector<Entry> entries = co_await listing;
  const std::size_t count = entries.size();
  Task<std::vector<WalkedFolder>> grouping =
      on_helper(count * kEntryBytes, [&] { return grouped(std::move(entries), std::move(path)); });
  co_return co_await grouping;
}

}  // namespace genro::storage

#include <utility>

#include "node/tree/find.h"
#include "node/tree/folder_pages.h"

namespace genro::storage {

Task<Usage> usage_below(MountPointer mount, std::string path) {
  ListerOptions options;
  options.recursive = true;
  FolderPages pages(std::move(mount), std::move(path), options);
  Usage usage;
  for (;;) {
    Task<std::optional<std::vector<Entry>>> listing = pages.next();
    const std::optional<std::vector<Entry>> page = co_await listing;
    if (!page) break;
    for (const Entry& entry : *page) {
      if (entry.is_directory()) ++usage.folders;
      if (!entry.is_file()) continue;
      ++usage.files;
      if (!entry.is_link) usage.size += entry.size;  // else what it leads to would count twice
    }
  }
  for (const Entry& entry : pages.unnamable()) {  // nobody can name it, but it takes its room
    if (!entry.is_file()) continue;
    ++usage.files;
    usage.size += entry.size;
  }
  co_return usage;
}

}  // namespace genro::storage

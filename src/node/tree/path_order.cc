#include "node/tree/path_order.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace genro::storage {
namespace {

/// The first bytes of a name as a number that orders as they do; what is not there counts as zero.
struct Head {
  std::uint64_t bytes = 0;
  std::size_t index;

  Head(std::string_view name, std::size_t number) : index(number) {
    const std::size_t size = std::min(name.size(), sizeof bytes);
    for (std::size_t i = 0; i < size; ++i) bytes |= std::uint64_t{static_cast<unsigned char>(name[i])} << (56 - 8 * i);
  }
};

const std::string& path_of(const std::string& path) { return path; }
const std::string& path_of(const Entry& entry) { return entry.path; }

template <class Item>
bool precedes(const Item& a, const Item& b) {
  return path_of(a) < path_of(b);
}

/// What all of them begin with: the folder and its slash, or what a backend that says other things leaves of that.
template <class Item>
std::size_t shared_by(const std::vector<Item>& items, std::string_view folder) {
  if (folder.empty()) return 0;
  const auto below = [&](const Item& item) { return path_of(item).starts_with(folder); };
  return std::all_of(items.begin(), items.end(), below) ? folder.size() : 0;
}

template <class Item>
void sort_items(std::vector<Item>& items, std::string_view folder) {
  if (std::is_sorted(items.begin(), items.end(), precedes<Item>)) return;  // object stores list in order
  const std::size_t shared = shared_by(items, folder);
  const std::size_t behind = shared == 0 ? 0 : shared + 1;
  std::vector<Head> heads;
  heads.reserve(items.size());
  for (const Item& item : items) {
    const std::string_view path = path_of(item);
    heads.emplace_back(path.substr(std::min(behind, path.size())), heads.size());
  }
  std::sort(heads.begin(), heads.end(), [&](const Head& a, const Head& b) {
    return a.bytes != b.bytes ? a.bytes < b.bytes : precedes(items[a.index], items[b.index]);
  });
  std::vector<Item> sorted;
  sorted.reserve(items.size());
  for (const Head& head : heads) sorted.push_back(std::move(items[head.index]));
  items = std::move(sorted);
}

}  // namespace

void sort_paths(std::vector<std::string>& paths, std::string_view folder) { sort_items(paths, folder); }
void sort_entries(std::vector<Entry>& entries, std::string_view folder) { sort_items(entries, folder); }

}  // namespace genro::storage

// Node::tree: a folder as a picture.
#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "core/path.h"
#include "loop/give_way.h"
#include "node/tree/find.h"
#include "node/tree/folder_pages.h"

namespace genro::storage {
namespace {

std::string size_text(std::uint64_t bytes) {
  constexpr std::array<const char*, 7> kUnits = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return std::to_string(bytes) + " B";
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  // 1023.95 and more would be shown as 1024.0 of the smaller unit.
  for (; value >= 1023.95 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f %s", value, kUnits[unit]);
  return text.data();
}

/// A name that cannot break the picture, or the terminal.
std::string shown(std::string_view name) {
  std::string text(name);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
  return text;
}

std::string counted(std::uint64_t count, const char* what) {
  return std::to_string(count) + ' ' + what + (count == 1 ? "" : "s");
}

std::string label(const Entry& entry) {
  std::string text = shown(path::name(entry.path));
  if (entry.is_directory()) text += '/';
  if (entry.is_link) return text + " (link)";
  if (entry.is_file()) text += " (" + size_text(entry.size) + ')';
  return text;
}

std::size_t depth_of(const Entry& entry, std::string_view root) {
  const std::string_view below = path::relative_to(entry.path, root);
  return static_cast<std::size_t>(std::count(below.begin(), below.end(), '/'));
}

/// Which entries are the last of their folder; seen from the end those are the first of their depth.
std::vector<bool> last_ones(const std::vector<Entry>& entries, std::string_view root) {
  std::vector<bool> last(entries.size());
  std::vector<bool> later;  // by depth: whether something of the same folder comes later
  for (std::size_t i = entries.size(); i-- > 0;) {
    const std::size_t depth = depth_of(entries[i], root);
    later.resize(depth + 1);  // what was deeper is below this entry, or below one that was done
    last[i] = !later[depth];
    later[depth] = true;
  }
  return last;
}

std::string drawn(const std::string& address, const std::vector<Entry>& entries, const std::string& root) {
  const std::vector<bool> last = last_ones(entries, root);
  std::string text = shown(address) + '\n';
  Usage usage;
  std::vector<bool> ended;  // by depth: whether the folder on the way down was the last of its own
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::size_t depth = depth_of(entries[i], root);
    ended.resize(depth);
    for (const bool end : ended) text += end ? "    " : "│   ";
    text.append(last[i] ? "└── " : "├── ").append(label(entries[i])).append(1, '\n');
    ended.push_back(last[i]);
    if (entries[i].is_directory()) ++usage.folders;
    if (!entries[i].is_file()) continue;
    ++usage.files;
    if (!entries[i].is_link) usage.size += entries[i].size;
  }
  text += '\n' + counted(usage.folders, "folder") + ", " + counted(usage.files, "file") + ", " + size_text(usage.size);
  return text;
}

}  // namespace

Task<std::string> tree_text(MountPointer mount, std::string path, std::optional<unsigned> max_depth) {
  Task<std::vector<Entry>> listing = entries_below(mount, path, max_depth);
  const std::vector<Entry> entries = co_await listing;
  const auto draw = [&] { return drawn(mount->address(path), entries, path); };
  Task<std::string> drawing = on_helper(entries.size() * kEntryBytes, draw);
  co_return co_await drawing;
}

}  // namespace genro::storage

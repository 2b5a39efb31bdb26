#include "node/tree/path_order.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>

namespace genro::storage {
namespace {

using ::testing::ElementsAre;

/// The same through both functions, against std::sort.
void expect_sorted(std::vector<std::string> paths, std::string_view folder) {
  std::vector<std::string> wanted = paths;
  std::sort(wanted.begin(), wanted.end());
  std::vector<Entry> entries;
  for (const std::string& path : paths) entries.emplace_back().path = path;
  sort_paths(paths, folder);
  EXPECT_EQ(paths, wanted);
  sort_entries(entries, folder);
  std::vector<std::string> of_entries;
  for (const Entry& entry : entries) of_entries.push_back(entry.path);
  EXPECT_EQ(of_entries, wanted);
}

TEST(PathOrder, is_that_of_all_bytes) {
  std::mt19937 random(4711);  // NOLINT: the same every time
  constexpr std::string_view kLetters("\0\x01-./0ab\x7f\x80\xff", 11);
  for (int round = 0; round < 200; ++round) {
    const std::string folder = round % 3 == 0 ? "" : round % 3 == 1 ? "a" : "folder/with a long name";
    std::vector<std::string> paths;
    for (int i = 0; i < 60; ++i) {
      std::string name(random() % 12, '\0');
      for (char& letter : name) letter = kLetters[random() % kLetters.size()];
      paths.push_back(folder.empty() ? name : folder + "/" + name);
    }
    expect_sorted(paths, folder);
  }
}

TEST(PathOrder, names_that_begin_alike_are_told_apart_by_what_follows) {
  expect_sorted({"f/12345678b", "f/12345678", "f/12345678a", "f/1234567", "f/12345678a0", "f/2"}, "f");
}

TEST(PathOrder, what_lies_elsewhere_is_sorted_too) {
  expect_sorted({"z", "folder/b", "f", "folder", "folder/a", "folders/a", ""}, "folder");
  expect_sorted({}, "folder");
}

TEST(PathOrder, entries_move_whole) {
  std::vector<Entry> entries(2);
  entries[0].path = "b";
  entries[0].size = 2;
  entries[1].path = "a";
  entries[1].kind = EntryKind::directory;
  sort_entries(entries, "");
  EXPECT_TRUE(entries[0].is_directory());
  EXPECT_EQ(entries[1].size, 2U);
}

}  // namespace
}  // namespace genro::storage

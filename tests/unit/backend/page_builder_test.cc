// Pages of flat stores: what a folder shows of the keys below it.
#include "backend/http/page_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace genro::storage {
namespace {

using testing::ElementsAre;
using testing::Pair;

constexpr EntryKind kFile = EntryKind::file;
constexpr EntryKind kFolder = EntryKind::directory;

std::vector<std::pair<std::string, EntryKind>> shown(std::vector<Entry> objects, std::vector<std::string> folders) {
  PageBuilder builder("p/");
  builder.objects = std::move(objects);
  builder.folders = std::move(folders);
  std::vector<std::pair<std::string, EntryKind>> entries;
  for (const Entry& entry : builder.finish(false).page.entries) entries.emplace_back(entry.path, entry.kind);
  return entries;
}

Entry object(std::string key, EntryKind kind = kFile) {
  Entry entry;
  entry.path = std::move(key);
  entry.kind = kind;
  entry.size = kind == kFile ? 1 : 0;
  return entry;
}

TEST(PageBuilder, folders_come_in_the_order_of_paths_though_their_keys_have_another) {
  EXPECT_THAT(shown({object("p/a!")}, {"p/a-b/", "p/a/"}),
              ElementsAre(Pair("a", kFolder), Pair("a!", kFile), Pair("a-b", kFolder)));
}

TEST(PageBuilder, a_folder_that_is_there_as_its_mark_and_as_a_prefix_is_one) {
  EXPECT_THAT(shown({object("p/a", kFolder), object("p/a-b", kFolder)}, {"p/a-b/", "p/a/"}),
              ElementsAre(Pair("a", kFolder), Pair("a-b", kFolder)));
}

TEST(PageBuilder, what_a_server_says_twice_is_there_once) {
  EXPECT_THAT(shown({object("p/b"), object("p/a"), object("p/b")}, {"p/c/", "p/c/"}),
              ElementsAre(Pair("a", kFile), Pair("b", kFile), Pair("c", kFolder)));
}

TEST(PageBuilder, a_file_and_a_folder_of_one_name_are_two) {
  EXPECT_THAT(shown({object("p/a")}, {"p/a/"}), ElementsAre(Pair("a", kFile), Pair("a", kFolder)));
}

}  // namespace
}  // namespace genro::storage

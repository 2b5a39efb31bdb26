// What a listing of a local mount asks the system for.
#include <sys/stat.h>

#include <string_view>

#include "hooked_local_fixture.h"

namespace genro::storage::test {
namespace {

class LocalListings : public HookedLocalFixture {
 protected:
  void SetUp() override {
    HookedLocalFixture::SetUp();
    backend_ = mount({{"base_path", base_}, {"durable", false}}, env_);
    fs::create_directories(base_ + "/tree/folder/deep");
    for (const char* name : {"tree/a", "tree/folder/b", "tree/folder/deep/c"}) std::ofstream(base_ + "/" + name) << "x";
  }
  std::vector<std::string> listed_by(bool names_only) {
    ListOptions options;
    options.recursive = true;
    options.names_only = names_only;
    options.limit = 2;  // pages end within folders
    std::vector<std::string> found;
    do {
      Page page = run(backend().list("tree", options));
      options.token = page.next_token;
      for (const Entry& entry : page.entries) {
        const char* const kind = entry.is_directory() ? "/" : entry.is_file() ? "" : "?";
        found.push_back(entry.path + kind + (entry.is_link ? "@" : ""));
      }
    } while (!options.token.empty());
    std::sort(found.begin(), found.end());
    return found;
  }
};
GENRO_BOTH_DRIVERS(LocalListings);

TEST_P(LocalListings, of_names_and_kinds_asks_for_no_file) {
  int asked = 0;
  files_.set_hook([&](const char* call) {
    if (std::string_view(call) == "stat_name") ++asked;
    return 0;
  });
  const std::vector<std::string> expected = {"tree/a", "tree/folder/", "tree/folder/b", "tree/folder/deep/",
                                             "tree/folder/deep/c"};
  EXPECT_EQ(listed_by(true), expected);
  EXPECT_EQ(asked, 0);
  EXPECT_EQ(listed_by(false), expected);
  EXPECT_EQ(asked, 5);
  files_.set_hook({});
}

TEST_P(LocalListings, of_names_and_kinds_knows_links_and_what_is_no_file) {
  fs::create_symlink("a", base_ + "/tree/link");
  fs::create_directory_symlink("folder", base_ + "/tree/way");
  fs::create_symlink("nothing", base_ + "/tree/dead");
  ASSERT_EQ(::mkfifo((base_ + "/tree/fifo").c_str(), 0600), 0);
  const std::vector<std::string> found = listed_by(true);
  EXPECT_EQ(found, listed_by(false));
  EXPECT_EQ(std::count(found.begin(), found.end(), "tree/way/@"), 1);
  EXPECT_EQ(std::count(found.begin(), found.end(), "tree/fifo?"), 1);
}

}  // namespace
}  // namespace genro::storage::test

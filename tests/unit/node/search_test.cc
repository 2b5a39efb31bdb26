// Searches of the engine on memory, with both drivers.
#include <gmock/gmock.h>

#include "genro/storage/manager.h"
#include "genro/storage/tree.h"
#include "unit/both_drivers.h"

namespace genro::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> paths(const std::vector<Node>& nodes) {
  std::vector<std::string> result;
  for (const Node& node : nodes) result.push_back(node.path());
  return result;
}

class Searches : public test::BothDrivers {
 protected:
  Searches() {
    static int next = 0;
    storage_.configure({{{"name", "m"}, {"protocol", "memory"}, {"base_path", "searches_" + std::to_string(next++)}},
                        {{"name", "b"}, {"protocol", "base64"}}});
    for (const char* path : {"a.txt", "d/b.py", "d/e/c.py", "d-old/b.py"}) {
      run(storage_.node("m", path).write_text(path));
    }
  }
  Node root() { return storage_.node("m"); }

  StorageManager storage_;
};

TEST_P(Searches, glob_gives_each_folder_before_what_is_in_it) {
  EXPECT_THAT(paths(run(root().glob("*"))), ElementsAre("a.txt", "d", "d-old"));
  EXPECT_THAT(paths(run(root().glob("**"))),
              ElementsAre("a.txt", "d", "d/b.py", "d/e", "d/e/c.py", "d-old", "d-old/b.py"));
  EXPECT_THAT(paths(run(root().glob("*/b.py"))), ElementsAre("d/b.py", "d-old/b.py"));
  EXPECT_THAT(paths(run(root().glob("d/**/*.py"))), ElementsAre("d/b.py", "d/e/c.py"));
  EXPECT_THAT(paths(run(root().rglob("*.py"))), ElementsAre("d/b.py", "d/e/c.py", "d-old/b.py"));
  EXPECT_THAT(paths(run(root().iterdir())), ElementsAre("a.txt", "d", "d-old"));
  EXPECT_THAT(run(root().glob("none/*")), IsEmpty());
}

TEST_P(Searches, walk_is_top_down) {
  const std::vector<WalkStep> steps = run(root().walk());
  ASSERT_EQ(steps.size(), 4U);
  EXPECT_EQ(steps[0].folder.path(), "");
  EXPECT_THAT(paths(steps[0].folders), ElementsAre("d", "d-old"));
  EXPECT_THAT(paths(steps[0].files), ElementsAre("a.txt"));
  EXPECT_EQ(steps[1].folder.path(), "d");
  EXPECT_EQ(steps[2].folder.path(), "d/e");
  EXPECT_EQ(steps[3].folder.path(), "d-old");
  EXPECT_THAT(paths(steps[3].files), ElementsAre("d-old/b.py"));
}

TEST_P(Searches, find_combines_its_conditions) {
  FindOptions options;
  options.name = "*.py";
  EXPECT_THAT(paths(run(root().find(options))), ElementsAre("d/b.py", "d/e/c.py", "d-old/b.py"));
  options.min_size = 7;
  EXPECT_THAT(paths(run(root().find(options))), ElementsAre("d/e/c.py", "d-old/b.py"));
  options.max_size = 8;
  EXPECT_THAT(paths(run(root().find(options))), ElementsAre("d/e/c.py"));
  options.older_than = 1e9;
  EXPECT_THAT(run(root().find(options)), IsEmpty());
  FindOptions folders;
  folders.type = EntryKind::directory;
  EXPECT_THAT(paths(run(root().find(folders))), ElementsAre("d", "d/e", "d-old"));
}

TEST_P(Searches, du_and_tree_count_the_same) {
  const Usage usage = run(root().du());
  EXPECT_EQ(usage.size, 5U + 6U + 8U + 10U);
  EXPECT_EQ(usage.files, 4U);
  EXPECT_EQ(usage.folders, 3U);
  EXPECT_EQ(run((root() / "d").tree()), "m:d\n├── b.py (6 B)\n└── e/\n    └── c.py (8 B)\n\n1 folder, 2 files, 14 B");
  EXPECT_EQ(run((root() / "d").tree(1)), "m:d\n├── b.py (6 B)\n└── e/\n\n1 folder, 1 file, 6 B");
}

TEST_P(Searches, what_is_no_folder_has_nothing_to_search) {
  for (const char* pattern : {"*", "x", "x/*", "**"}) {
    EXPECT_EQ(failure((root() / "none").glob(pattern)), ErrorCode::not_found) << pattern;
    EXPECT_EQ(failure((root() / "a.txt").glob(pattern)), ErrorCode::invalid_argument) << pattern;
    EXPECT_THAT(message(storage_.node("b:eA==").glob(pattern)), HasSubstr("no directory structure")) << pattern;
  }
  EXPECT_EQ(failure((root() / "none").walk()), ErrorCode::not_found);
  EXPECT_EQ(failure((root() / "none").find({})), ErrorCode::not_found);
  EXPECT_EQ(failure((root() / "none").du()), ErrorCode::not_found);
  EXPECT_EQ(failure((root() / "none").tree(0)), ErrorCode::not_found);
  EXPECT_EQ(failure((root() / "a.txt").du()), ErrorCode::invalid_argument);
  EXPECT_EQ(failure(Node().walk()), ErrorCode::invalid_argument);
}

TEST_P(Searches, patterns_that_cannot_be_are_refused) {
  for (const char* pattern : {"", "/", "/a", ".", "../a", "a/.."}) {
    EXPECT_EQ(failure(root().glob(pattern)), ErrorCode::invalid_argument) << pattern;
    EXPECT_EQ(failure(root().rglob(pattern)), ErrorCode::invalid_argument) << pattern;
  }
}

GENRO_BOTH_DRIVERS(Searches);

}  // namespace
}  // namespace genro::storage

// Unfinished files of the local backend: nobody else's are taken for them, and they go when, and only when, their writer is dead.
#include "backends/local/unfinished.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/file.h>
#include <unistd.h>

#include "hooked_local_fixture.h"

namespace genro::storage::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const std::string kLookAlike = ".report.0123456789abcdef0123456789abcdef.tmp";

class LocalUnfinished : public HookedLocalFixture {
 protected:
  /// What a killed writer left, as far as anybody can see.
  std::string leave_behind(const std::string& folder, std::string_view wanted) const {
    const std::string path = (folder.empty() ? "" : folder + "/") + local::unfinished_name(Env::system(), wanted);
    std::ofstream(base_ + "/" + path) << "half";
    return path;
  }
  std::vector<std::string> clean(const std::string& folder, double older_than) {
    std::vector<std::string> removed;
    run(backend().clean(folder, older_than, &removed));
    return removed;
  }
};
GENRO_BOTH_DRIVERS(LocalUnfinished);

TEST_P(LocalUnfinished, only_names_that_the_library_made_are_unfinished) {
  for (const std::string& wanted : {std::string("report"), std::string(250, 'r'), std::string("a.b.tmp")}) {
    std::string name = local::unfinished_name(Env::system(), wanted);
    EXPECT_TRUE(local::is_unfinished_name(name)) << name;
    EXPECT_LE(name.size(), 255U);
    EXPECT_FALSE(local::is_unfinished_name(name.substr(1)));
    EXPECT_FALSE(local::is_unfinished_name(name + "x"));
    char& digit = name[name.size() - 5];
    digit = digit == '0' ? '1' : '0';
    EXPECT_FALSE(local::is_unfinished_name(name)) << name;
  }
  EXPECT_FALSE(local::is_unfinished_name(kLookAlike));
}

TEST_P(LocalUnfinished, a_users_file_that_looks_like_one_is_a_file_like_others) {
  put("d/" + kLookAlike, "a user's");
  put("d/other", "x");
  EXPECT_THAT(listed("d"), UnorderedElementsAre("d/" + kLookAlike, "d/other"));
  EXPECT_EQ(get("d/" + kLookAlike), "a user's");
  EXPECT_THAT(clean("", 0), IsEmpty());
  run(backend().remove("d/other"));
  EXPECT_EQ(failure(backend().remove("d")), ErrorCode::not_empty);
}

TEST_P(LocalUnfinished, users_are_refused_such_names) {
  put("file", "x");
  const std::string name = local::unfinished_name(Env::system(), "file");
  for (const std::string& path : {name, "d/" + name, name + "/below"}) {
    EXPECT_EQ(put_failure(path), ErrorCode::invalid_path);
    EXPECT_EQ(failure(backend().append(path, Body(Bytes::copy_of("x")))), ErrorCode::invalid_path);
    EXPECT_EQ(failure(backend().rename("file", path)), ErrorCode::invalid_path);
    EXPECT_EQ(failure(backend().copy("file", path, {})), ErrorCode::invalid_path);
    EXPECT_EQ(failure(backend().make_dir(path)), ErrorCode::invalid_path);
  }
  EXPECT_THAT(really_in(""), ElementsAre("file"));
}

TEST_P(LocalUnfinished, the_next_write_in_a_folder_removes_what_the_dead_left_there) {
  fs::create_directory(base_ + "/d");
  leave_behind("d", "a");
  leave_behind("d", "b");
  put("d/c", "x");
  EXPECT_THAT(really_in("d"), ElementsAre("c"));
}

TEST_P(LocalUnfinished, what_a_living_writer_writes_stays) {
  fs::create_directory(base_ + "/d");
  const std::string path = leave_behind("d", "a");
  const int writer = ::open((base_ + "/" + path).c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::flock(writer, LOCK_EX), 0);
  put("d/c", "x");
  EXPECT_EQ(really_in("d").size(), 2U);
  EXPECT_THAT(clean("", 0), IsEmpty());
  ::close(writer);
  EXPECT_THAT(clean("", 0), ElementsAre(path));
  EXPECT_THAT(really_in("d"), ElementsAre("c"));
}

TEST_P(LocalUnfinished, an_open_staged_file_is_alive) {
  put("file", "old");
  files_.set_hook([](const char* call) { return std::string_view(call) == "open_nameless" ? -EOPNOTSUPP : 0; });
  backend_ = mount({{"base_path", base_}, {"durable", false}}, env_);
  std::unique_ptr<StagedFile> staged = run(backend().stage("file", {}));
  put("other", "x");
  EXPECT_THAT(clean("", 0), IsEmpty());
  ASSERT_EQ(::pwrite(staged->descriptor(), "new", 3, 0), 3);
  run(staged->commit());
  EXPECT_EQ(outside("file"), "new");
  EXPECT_THAT(really_in(""), ElementsAre("file", "other"));
}

TEST_P(LocalUnfinished, a_writer_whose_file_was_just_taken_for_dead_makes_another) {
  put("file", "old");
  int calls = 0;
  files_.set_hook(
      [&](const char* call) { return std::string_view(call) == "try_lock" && ++calls == 1 ? -EWOULDBLOCK : 0; });
  backend_ = mount({{"base_path", base_}, {"durable", false}}, env_);
  put("file", "new");
  EXPECT_GE(calls, 2);
  EXPECT_EQ(outside("file"), "new");
  EXPECT_THAT(really_in(""), ElementsAre("file"));
}

TEST_P(LocalUnfinished, a_writer_whose_file_was_removed_before_it_could_lock_it_loses_nothing) {
  put("file", "old");
  bool removed = false;
  files_.set_hook([&](const char* call) {
    if (std::string_view(call) != "try_lock" || removed) return 0;
    removed = true;
    for (const std::string& name : really_in("")) {
      if (local::is_unfinished_name(name)) fs::remove(base_ + "/" + name);
    }
    return 0;
  });
  backend_ = mount({{"base_path", base_}, {"durable", false}}, env_);
  const std::string content(100'000, 'n');
  put("file", content);
  EXPECT_EQ(outside("file"), content);
  EXPECT_THAT(really_in(""), ElementsAre("file"));
}

TEST_P(LocalUnfinished, cleaning_goes_through_all_folders_but_not_through_links_and_spares_what_is_young) {
  put("d/e/file", "x");
  fs::create_directory(top_ + "/elsewhere");
  fs::create_directory_symlink(top_ + "/elsewhere", base_ + "/out");
  std::ofstream(top_ + "/elsewhere/" + local::unfinished_name(Env::system(), "x")) << "half";
  const std::string here = leave_behind("", "a");
  const std::string deep = leave_behind("d/e", "b");
  EXPECT_THAT(clean("", 3600), IsEmpty());
  EXPECT_THAT(clean("d", 0), ElementsAre(deep));
  EXPECT_THAT(clean("", 0), ElementsAre(here));
  EXPECT_EQ(std::distance(fs::directory_iterator(top_ + "/elsewhere"), fs::directory_iterator()), 1);
}

TEST_P(LocalUnfinished, where_files_cannot_be_locked_only_age_makes_them_dead) {
  leave_behind("", "a");
  files_.set_hook([](const char* call) { return std::string_view(call) == "try_lock" ? -ENOLCK : 0; });
  backend_ = mount({{"base_path", base_}, {"durable", false}}, env_);
  put("file", "x");
  put("file", "y");
  EXPECT_EQ(really_in("").size(), 2U);
  EXPECT_EQ(clean("", 0).size(), 1U);
  EXPECT_THAT(really_in(""), ElementsAre("file"));
}

TEST_P(LocalUnfinished, on_a_network_file_system_a_write_takes_nothing_for_dead) {
  const std::string path = leave_behind("", "a");  // of a writer on another machine, whose lock is not seen here
  files_.be_served_by_others();
  backend_ = mount({{"base_path", base_}, {"durable", false}}, env_);
  put("file", "x");
  put("file", "y");
  EXPECT_THAT(really_in(""), UnorderedElementsAre("file", path));
  EXPECT_THAT(clean("", 3600), IsEmpty());
  EXPECT_THAT(clean("", 0), ElementsAre(path));
}

}  // namespace
}  // namespace genro::storage::test

// Links: inside the mount they are followed, out of it nothing ever gets.
#include <atomic>
#include <thread>

#include "local_fixture.h"
#include "loop/system_files.h"

namespace genro::storage::test {
namespace {

/// With the kernel's help and without: both drivers, both forms of Files.
class LocalLinks : public LocalFixture {
 protected:
  void use_posix() {
    static PosixFiles files;
    static Env env{Env::system().clock, Env::system().random, &files, Env::system().network};
    backend_ = mount({{"base_path", base_}, {"durable", false}}, env);
  }
  template <class Body>
  void with_both(Body body) {
    body();
    use_posix();
    body();
  }
  void link(const std::string& target, const std::string& name) {
    fs::remove(base_ + "/" + name);
    fs::create_symlink(target, base_ + "/" + name);
  }
};
GENRO_BOTH_DRIVERS(LocalLinks);

TEST_P(LocalLinks, links_that_stay_inside_are_followed) {
  put("dir/file", "content");
  link("dir/file", "relative");
  link(base_ + "/dir/file", "absolute");
  link("../dir/file", "dir/up_and_down");
  link("dir", "folder");
  link("relative", "chain");
  with_both([&] {
    for (const char* path : {"relative", "absolute", "dir/up_and_down", "folder/file", "chain"}) {
      EXPECT_EQ(get(path), "content") << path;
      EXPECT_EQ(stat(path)->size, 7U) << path;
    }
    EXPECT_TRUE(stat("relative")->is_link);
    EXPECT_FALSE(stat("folder/file")->is_link);
    EXPECT_TRUE(stat("folder")->is_directory());
    EXPECT_EQ(listed("folder"), (std::vector<std::string>{"folder/file", "folder/up_and_down"}));
  });
}

TEST_P(LocalLinks, links_and_paths_that_lead_out_are_refused_by_every_operation) {
  link(top_ + "/secret", "absolute");
  link("../secret", "relative");
  link("..", "up");
  link("/", "root");
  put("file", "x");
  with_both([&] {
    for (const std::string path :
         {"absolute", "relative", "up/secret", "root/etc/passwd", "../secret", "/etc/passwd", "file/../../secret"}) {
      if (path != "file/../../secret") {
        EXPECT_EQ(failure(backend().read(path, {})), ErrorCode::invalid_path) << path;
        EXPECT_EQ(failure(backend().stat(path)), ErrorCode::invalid_path) << path;
      }
      EXPECT_TRUE(put_failure(path)) << path;
      EXPECT_TRUE(failure(backend().append(path, Body(Bytes::copy_of("x"))))) << path;
      EXPECT_TRUE(failure(backend().list(path, {}))) << path;
      EXPECT_TRUE(failure(backend().copy(path, "copy", {}))) << path;
      EXPECT_TRUE(failure(backend().make_dir(path + "/made"))) << path;
      EXPECT_TRUE(failure(backend().rename("file", path + "/file"))) << path;
      EXPECT_THROW(backend().local_file(path), Error) << path;
    }
    EXPECT_EQ(failure(backend().remove("up/secret")), ErrorCode::invalid_path);
    EXPECT_NE(message(backend().read("absolute", {})).find("Path escapes base directory"), std::string::npos);
    EXPECT_EQ(message(backend().read("absolute", {})).find(top_), std::string::npos)
        << "no path of the server in messages";
  });
  std::ostringstream secret;
  secret << std::ifstream(top_ + "/secret").rdbuf();
  EXPECT_EQ(secret.str(), "secret");
  EXPECT_FALSE(fs::exists(top_ + "/made"));
}

TEST_P(LocalLinks, an_entry_that_leads_out_or_nowhere_is_still_listed) {
  link(top_ + "/secret", "out");
  link("nothing", "dangling");
  link("loop", "loop");
  with_both([&] {
    const Page page = run(backend().list("", {}));
    EXPECT_EQ(page.entries.size(), 3U);
    for (const Entry& entry : page.entries) {
      EXPECT_EQ(entry.kind, EntryKind::other) << entry.path;
      EXPECT_TRUE(entry.is_link);
    }
  });
}

TEST_P(LocalLinks, a_link_to_nothing_is_absent_and_a_write_makes_its_target) {
  link("dir/target", "link");
  with_both([&] {
    fs::remove_all(base_ + "/dir");
    EXPECT_FALSE(stat("link"));
    EXPECT_EQ(failure(backend().read("link", {})), ErrorCode::not_found);
    put("link", "written");
    EXPECT_TRUE(fs::is_symlink(base_ + "/link"));
    EXPECT_EQ(outside("dir/target"), "written");
  });
}

TEST_P(LocalLinks, a_link_to_itself_is_absent) {
  link("b", "a");
  link("a", "b");
  with_both([&] {
    EXPECT_FALSE(stat("a"));
    EXPECT_TRUE(failure(backend().read("a", {})));
    EXPECT_TRUE(put_failure("a"));
  });
}

TEST_P(LocalLinks, a_write_through_a_link_replaces_the_target_and_keeps_the_link) {
  put("target", "old");
  link("target", "link");
  with_both([&] {
    put("link", "new");
    EXPECT_TRUE(fs::is_symlink(base_ + "/link"));
    EXPECT_FALSE(fs::is_symlink(base_ + "/target"));
    EXPECT_EQ(outside("target"), "new");
  });
}

TEST_P(LocalLinks, removing_a_link_keeps_what_it_leads_to) {
  put("dir/file", "content");
  with_both([&] {
    link("dir/file", "to_file");
    link("dir", "to_folder");
    link(top_ + "/secret", "out");
    for (const char* name : {"to_file", "to_folder", "out"}) run(backend().remove(name));
    EXPECT_EQ(really_in(""), std::vector<std::string>{"dir"});
    EXPECT_EQ(get("dir/file"), "content");
    EXPECT_TRUE(fs::exists(top_ + "/secret"));
  });
}

TEST_P(LocalLinks, renaming_a_link_moves_the_link) {
  put("file", "content");
  link("file", "link");
  run(backend().rename("link", "moved"));
  EXPECT_TRUE(fs::is_symlink(base_ + "/moved"));
  EXPECT_EQ(get("moved"), "content");
  EXPECT_EQ(get("file"), "content");
}

TEST_P(LocalLinks, a_recursive_listing_does_not_enter_links) {
  put("dir/file", "x");
  link("..", "dir/loop");
  ListOptions options;
  options.recursive = true;
  const Page page = run(backend().list("", options));
  EXPECT_EQ(page.entries.size(), 3U);
}

TEST_P(LocalLinks, the_path_outside_is_free_of_links) {
  put("dir/file", "x");
  link("dir", "link");
  with_both([&] {
    EXPECT_EQ(backend().local_file("link/file"), base_ + "/dir/file");
    EXPECT_EQ(backend().local_file("link/not/there"), base_ + "/dir/not/there");
    EXPECT_EQ(backend().local_file(""), base_);
  });
}

TEST_P(LocalLinks, folders_swapped_for_links_meanwhile_never_open_the_way_out) {
  fs::create_directory(top_ + "/elsewhere");
  std::ofstream(top_ + "/elsewhere/file") << "outside";
  put("real/file", "inside");
  fs::create_symlink(top_ + "/elsewhere", base_ + "/evil");
  fs::create_symlink("real", base_ + "/current");
  with_both([&] {
    std::atomic<bool> done{false};
    std::thread swapper([&] {
      for (int i = 0; !done; ++i) {
        fs::remove(base_ + "/next");
        fs::create_symlink(i % 2 ? "real" : top_ + "/elsewhere", base_ + "/next");
        fs::rename(base_ + "/next", base_ + "/current");
      }
    });
    int inside = 0;
    for (int i = 0; i < 2000 || (inside == 0 && i < 20000); ++i) {
      const Result<std::unique_ptr<Reader>> opened = backend().read("current/file", {}).result();
      if (!opened.ok()) continue;
      Result<std::unique_ptr<Reader>>& reader = const_cast<Result<std::unique_ptr<Reader>>&>(opened);
      EXPECT_EQ(reader.value()->read_all().get().view(), "inside");
      ++inside;
      (void)backend().put("current/new", Body(Bytes::copy_of("x")), {}).result();
    }
    done = true;
    swapper.join();
    EXPECT_GT(inside, 0);
    EXPECT_FALSE(fs::exists(top_ + "/elsewhere/new"));
  });
}

}  // namespace
}  // namespace genro::storage::test

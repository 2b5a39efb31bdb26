// What a local mount is made from, and where its paths lead: fixed and dynamic bases, URLs, reading while files change.
#include <unistd.h>

#include <stdexcept>
#include <string_view>
#include <thread>

#include "hooked_local_fixture.h"

namespace genro::storage::test {
namespace {

class LocalMounts : public LocalFixture {
 protected:
  static std::pair<ErrorCode, std::string> refusal(ConfigMap config) {
    try {
      mount(std::move(config));
    } catch (const Error& error) {
      return {error.code(), error.what()};
    }
    return {ErrorCode::internal, "no refusal"};
  }
};
GENRO_BOTH_DRIVERS(LocalMounts);

TEST_P(LocalMounts, a_base_must_be_given_absolute_and_a_folder) {
  const auto contains = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
  const auto missing = refusal({});
  EXPECT_EQ(missing.first, ErrorCode::config);
  EXPECT_TRUE(contains(missing.second, "missing required field: 'base_path'")) << missing.second;
  EXPECT_TRUE(contains(missing.second, "'home'")) << missing.second;
  EXPECT_EQ(refusal({{"base_path", ""}}).first, ErrorCode::config);
  EXPECT_EQ(refusal({{"base_path", 7}}).first, ErrorCode::config);
  EXPECT_EQ(refusal({{"base_path", base_}, {"durable", "yes"}}).first, ErrorCode::config);
  EXPECT_TRUE(contains(refusal({{"base_path", base_}, {"durable", "yes"}}).second, "base_url"));
  const auto relative = refusal({{"base_path", "some/folder"}});
  EXPECT_EQ(relative.first, ErrorCode::invalid_argument);
  EXPECT_TRUE(contains(relative.second, "must be absolute"));
  const auto absent = refusal({{"base_path", top_ + "/nothing"}});
  EXPECT_EQ(absent.first, ErrorCode::not_found);
  EXPECT_TRUE(contains(absent.second, "Base path does not exist"));
  const auto file = refusal({{"base_path", top_ + "/secret"}});
  EXPECT_EQ(file.first, ErrorCode::invalid_argument);
  EXPECT_TRUE(contains(file.second, "must be a directory"));
}

TEST_P(LocalMounts, the_older_key_counts_when_the_newer_is_empty) {
  put("file", "x");
  backend_ = mount({{"base_path", ""}, {"path", base_}});
  EXPECT_EQ(get("file"), "x");
}

TEST_P(LocalMounts, a_base_that_is_a_link_works) {
  put("file", "x");
  fs::create_symlink(base_, top_ + "/link");
  backend_ = mount({{"base_path", top_ + "/link"}});
  EXPECT_EQ(get("file"), "x");
  EXPECT_EQ(backend().local_file("file"), base_ + "/file");
}

TEST_P(LocalMounts, urls_are_the_base_url_and_the_path) {
  EXPECT_EQ(backend().url("a b.txt", {}).get(), std::nullopt);
  EXPECT_EQ(mount({{"base_path", base_}, {"base_url", "http://x/y//"}})->url("a b.txt", {}).get(),
            "http://x/y/a b.txt");
  EXPECT_EQ(mount({{"base_path", base_}, {"base_url", "http://x"}})->url("", {}).get(), "http://x/");
  EXPECT_EQ(mount({{"base_path", base_}, {"base_url", ""}})->url("a", {}).get(), "/a");
}

TEST_P(LocalMounts, a_base_that_was_replaced_or_removed_is_found_again) {
  put("file", "old");
  fs::rename(base_, top_ + "/moved");
  fs::create_directory(base_);
  EXPECT_FALSE(stat("nothing"));
  put("other", "x");
  fs::remove_all(base_);
  EXPECT_FALSE(stat("other"));
  put("dir/new", "made again");
  EXPECT_EQ(outside("dir/new"), "made again");
}

class ReplacedBases : public HookedLocalFixture {};
GENRO_BOTH_DRIVERS(ReplacedBases);

TEST_P(ReplacedBases, whoever_asked_the_old_folder_asks_again_also_when_another_thread_has_found_the_new_one_first) {
  backend_ = mount({{"base_path", base_}, {"durable", false}}, env_);
  fs::rename(base_, top_ + "/moved");
  fs::create_directories(base_ + "/folder");
  std::ofstream(base_ + "/folder/file") << "content";
  bool asked = false;
  files_.set_hook([&](const char* call) {
    if (asked || std::string_view(call) != "open_beneath") return 0;
    asked = true;
    std::thread([&] { EXPECT_EQ(backend().list("folder", {}).get().entries.size(), 1U); }).join();
    return -ENOENT;  // the old folder's answer
  });
  EXPECT_EQ(listed("folder"), std::vector<std::string>{"folder/file"});
  EXPECT_TRUE(asked);
  files_.set_hook({});
}

TEST_P(LocalMounts, a_function_without_parameter_gives_the_base_of_every_operation) {
  int asked = 0;
  std::string where = top_ + "/one";
  backend_ = mount(
      {{"base_path", BaseResolver{[&](const std::string&) { return ++asked, where; }, false}}, {"durable", false}});
  EXPECT_EQ(asked, 0) << "not asked when it is configured";
  EXPECT_FALSE(stat("file"));
  EXPECT_FALSE(fs::exists(where)) << "looking makes nothing";
  put("file", "1");
  where = top_ + "/two";
  put("file", "2");
  EXPECT_EQ(get("file"), "2");
  where = top_ + "/one";
  EXPECT_EQ(get("file"), "1");
  EXPECT_GE(asked, 5);
  EXPECT_EQ(backend().local_file("x/y"), top_ + "/one/x/y");
}

TEST_P(LocalMounts, a_function_with_a_parameter_is_asked_by_the_first_component) {
  std::vector<std::string> asked;
  const auto resolve = [&](const std::string& prefix) {
    asked.push_back(prefix);
    return top_ + "/for-" + prefix;
  };
  backend_ = mount({{"base_path", BaseResolver{resolve, true}}, {"durable", false}});
  const Entry entry = put("alice/dir/file", "hers");
  EXPECT_EQ(entry.path, "alice/dir/file");
  EXPECT_TRUE(fs::exists(top_ + "/for-alice/dir/file"));
  EXPECT_EQ(asked, std::vector<std::string>{"alice"});
  EXPECT_EQ(get("alice/dir/file"), "hers");
  EXPECT_EQ(listed("alice"), std::vector<std::string>{"alice/dir"});
  EXPECT_TRUE(stat("alice")->is_directory());
  EXPECT_FALSE(stat("bob/file"));
  asked.clear();
  EXPECT_FALSE(stat(""));
  EXPECT_EQ(asked.front(), "");
  EXPECT_EQ(failure(backend().read("alice/../../secret", {})), ErrorCode::invalid_path);
  EXPECT_EQ(failure(backend().read("../secret", {})), ErrorCode::invalid_path);
  run(backend().rename("alice/dir/file", "bob/file"));
  EXPECT_TRUE(fs::exists(top_ + "/for-bob/file"));
  EXPECT_EQ(backend().local_file("alice/x"), top_ + "/for-alice/x");
  run(backend().make_dir("carol"));
  EXPECT_TRUE(fs::is_directory(top_ + "/for-carol"));
  EXPECT_EQ(failure(backend().make_dir("carol")), ErrorCode::already_exists);
}

TEST_P(LocalMounts, what_the_function_throws_comes_out_unchanged) {
  backend_ =
      mount({{"base_path",
              BaseResolver{[](const std::string&) -> std::string { throw std::domain_error("who are you"); }, false}}});
  EXPECT_THROW(run(backend().read("file", {})), std::domain_error);
  EXPECT_THROW(run(backend().stat("file")), std::domain_error);
  EXPECT_THROW(put("file", "x"), std::domain_error);
}

TEST_P(LocalMounts, a_file_that_shrinks_while_it_is_read_is_an_error) {
  put("file", std::string(300'000, 'x'));
  const std::unique_ptr<Reader> reader = run(backend().read("file", {}));
  std::vector<std::byte> head(1000);
  EXPECT_EQ(run(reader->read_into(head)), head.size());
  ASSERT_EQ(truncate((base_ + "/file").c_str(), 2000), 0);
  EXPECT_EQ(failure(reader->read_all()), ErrorCode::truncated);
}

TEST_P(LocalMounts, a_reader_of_one_content_notices_another_at_its_end) {
  const Entry entry = put("file", std::string(300'000, 'x'));
  ReadOptions options;
  options.if_match = entry.etag;
  const std::unique_ptr<Reader> reader = run(backend().read("file", options));
  std::ofstream(base_ + "/file", std::ios::in | std::ios::out) << "written in place";
  EXPECT_EQ(failure(reader->read_all()), ErrorCode::precondition_failed);
}

TEST_P(LocalMounts, a_tree_deeper_than_a_path_may_be_long_is_listed) {
  std::string path;
  int made = 0;
  ASSERT_EQ(chdir(base_.c_str()), 0);
  for (int depth = 0; depth < 30; ++depth) {  // 30 x 201 bytes: beyond PATH_MAX
    const std::string name(200, static_cast<char>('a' + depth % 26));
    ASSERT_EQ(::mkdir(name.c_str(), 0777), 0);
    ASSERT_EQ(chdir(name.c_str()), 0);
    path += (path.empty() ? "" : "/") + name;
    ++made;
  }
  std::ofstream("file") << "deep";
  ASSERT_EQ(chdir("/"), 0);
  ListOptions options;
  options.recursive = true;
  options.limit = 7;
  int seen = 0;
  std::string last;
  do {
    const Page page = run(backend().list("", options));
    for (const Entry& entry : page.entries) {
      ++seen;
      if (entry.is_file()) last = entry.path;
    }
    options.token = page.next_token;
  } while (!options.token.empty());
  EXPECT_EQ(seen, made + 1);
  EXPECT_EQ(last, path + "/file");
  EXPECT_EQ(get(last), "deep");
  run(backend().remove(last));
}

}  // namespace
}  // namespace genro::storage::test

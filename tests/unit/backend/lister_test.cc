#include "backend/lister.h"

#include <gtest/gtest.h>

#include <set>

#include "fakes/fake_store.h"
#include "fakes/virtual_time.h"

namespace genro::storage {
namespace {

class ListerTest : public testing::Test {
 protected:
  std::vector<std::string> paths(ListerOptions options, const std::string& root = "") {
    Lister lister(store, root, options);
    std::vector<std::string> result;
    for (const Entry& entry : lister.all().get()) result.push_back(entry.path + (entry.is_directory() ? "/" : ""));
    return result;
  }
  test::VirtualTime time{Loop::Kind::reactor};
  std::shared_ptr<test::FakeStore> store = std::make_shared<test::FakeStore>(time.clock());
};

/// Answers list() by a script.
class ScriptedLister final : public LeafBackend {
 public:
  explicit ScriptedLister(std::function<Page(std::string, ListOptions)> script) : script_(std::move(script)) {}
  const Caps& caps() const noexcept override { return caps_; }
  std::string_view protocol() const noexcept override { return "script"; }
  Task<std::optional<Entry>> stat(std::string) override { co_return std::nullopt; }
  Task<std::unique_ptr<Reader>> read(std::string path, ReadOptions) override { throw unsupported("read", path); }
  Task<Entry> put(std::string path, Body, PutOptions) override { throw unsupported("put", path); }
  Task<Page> list(std::string path, ListOptions options) override { co_return script_(path, options); }
  Task<void> remove(std::string) override { co_return; }
  Caps caps_;

 private:
  std::function<Page(std::string, ListOptions)> script_;
};

Entry named(std::string path, EntryKind kind = EntryKind::file) {
  Entry entry;
  entry.path = std::move(path);
  entry.kind = kind;
  return entry;
}

TEST_F(ListerTest, AllPagesComeOnceAndInOrder) {
  std::vector<std::string> expected;
  for (int i = 1000; i < 1950; ++i) {
    expected.push_back("f" + std::to_string(i));
    store->store(expected.back(), Bytes());
  }
  EXPECT_EQ(paths({}), expected);
  EXPECT_EQ(store->log.size(), 10u);
}

TEST_F(ListerTest, TheNextPageIsFetchedWhileTheConsumerWorks) {
  for (int i = 1000; i < 1300; ++i) store->store("f" + std::to_string(i), Bytes());
  Lister lister(store, "");
  ASSERT_TRUE(lister.next().get());
  const Duration before = time.elapsed();
  for (int i = 0; i < 20; ++i) time.loop().run_once(Duration::zero());  // the consumer's own turns
  EXPECT_EQ(store->log.size(), 2u);
  time.clock().advance(std::chrono::milliseconds(10));
  const Duration asked = time.elapsed();
  ASSERT_TRUE(lister.next().get());
  EXPECT_LT(time.elapsed() - asked, std::chrono::milliseconds(3)) << "the page was there already";
  EXPECT_GE(before, Duration::zero());
}

TEST_F(ListerTest, ADroppedListerStopsItsPrefetch) {
  for (int i = 1000; i < 1300; ++i) store->store("f" + std::to_string(i), Bytes());
  {
    Lister lister(store, "");
    ASSERT_TRUE(lister.next().get());
  }
  time.drain();
  EXPECT_EQ(store->running, 0);
}

TEST_F(ListerTest, ARecursiveListingAddsTheFoldersThatKeysImplyEachBeforeItsContent) {
  for (const char* key : {"a/b/c/x", "a/b/y", "a/z", "top"}) store->store(key, Bytes());
  store->page_size = 1;
  EXPECT_EQ(paths({true, true, 0}),
            (std::vector<std::string>{"a/", "a/b/", "a/b/c/", "a/b/c/x", "a/b/y", "a/z", "top"}));
  EXPECT_EQ(paths({true, false, 0}), (std::vector<std::string>{"a/b/c/x", "a/b/y", "a/z", "top"}));
  EXPECT_EQ(paths({true, true, 0}, "a/b"), (std::vector<std::string>{"a/b/c/", "a/b/c/x", "a/b/y"}));
}

TEST_F(ListerTest, ABackendWithoutRecursionIsWalked) {
  auto walked = std::make_shared<ScriptedLister>([](const std::string& path, const ListOptions& options) -> Page {
    if (options.recursive) throw Error(ErrorCode::unsupported, "list", path, "not recursively");
    if (path.empty() && options.token.empty()) return {{named("d", EntryKind::directory), named("f")}, "more"};
    if (path.empty()) return {{named("e", EntryKind::directory)}, ""};
    if (path == "d") return {{named("d/g"), named("d/h", EntryKind::directory)}, ""};
    if (path == "d/h") throw Error(ErrorCode::not_found, "list", path, "it went away meanwhile");
    if (path == "e") return {{}, ""};
    throw Error(ErrorCode::internal, "unexpected " + path);
  });
  for (const bool network : {false, true}) {
    walked->caps_.remote = network;
    Lister lister(walked, "", {true, true, 0});
    std::set<std::string> found;
    for (const Entry& entry : lister.all().get()) found.insert(entry.path);
    EXPECT_EQ(found, (std::set<std::string>{"d", "d/g", "d/h", "e", "f"}));
  }
}

/// A store over a network that lists one folder at a time.
class FolderByFolder final : public test::FakeStore {
 public:
  using FakeStore::FakeStore;
  Task<Page> list(std::string path, ListOptions options) override {
    if (options.recursive) throw Error(ErrorCode::unsupported, "list", path, "not recursively");
    return FakeStore::list(std::move(path), std::move(options));
  }
};

TEST_F(ListerTest, AWalkKeepsAsManyFoldersUnderWayAsTheStoreTakesAndGivesThemInTheSameOrder) {
  const auto walked = std::make_shared<FolderByFolder>(time.clock());
  for (int folder = 10; folder < 50; ++folder) {
    for (const char* name : {"/a", "/b/c"}) walked->store("d" + std::to_string(folder) + name, Bytes());
  }
  store = walked;
  walked->mutable_caps().remote = false;
  const std::vector<std::string> one_by_one = paths({.recursive = true});
  EXPECT_EQ(walked->most_running, 1);
  walked->mutable_caps().remote = true;
  EXPECT_EQ(paths({.recursive = true}), one_by_one);
  EXPECT_EQ(one_by_one.size(), 40u * 4);
  EXPECT_EQ(walked->most_running, 8);
}

TEST_F(ListerTest, LinksToFoldersAreGivenButNotFollowed) {
  auto walked = std::make_shared<ScriptedLister>([](const std::string& path, const ListOptions& options) -> Page {
    if (options.recursive) throw Error(ErrorCode::unsupported, "list", path, "not recursively");
    Entry loop = named(path.empty() ? "loop" : path + "/loop", EntryKind::directory);
    loop.is_link = true;
    return {{loop}, ""};
  });
  Lister lister(walked, "", {true, true, 0});
  EXPECT_EQ(lister.all().get().size(), 1u);
}

TEST_F(ListerTest, ARepeatedTokenIsAProtocolErrorAndNotAnEndlessListing) {
  for (const int period : {1, 2, 5}) {
    int page = 0;
    auto broken = std::make_shared<ScriptedLister>([&](const std::string&, const ListOptions&) -> Page {
      return {{named("f" + std::to_string(page))}, "token" + std::to_string(page++ % period)};
    });
    Lister lister(broken, "");
    const Result<std::vector<Entry>> result = lister.all().result();
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code(), ErrorCode::protocol);
  }
}

TEST_F(ListerTest, EmptyPagesInBetweenAreFineButNotWithoutEnd) {
  int page = 0;
  int last = 50;
  auto sparse = std::make_shared<ScriptedLister>([&](const std::string&, const ListOptions&) -> Page {
    ++page;
    if (page == last) return {{named("end")}, ""};
    return {{}, std::to_string(page)};
  });
  EXPECT_EQ(Lister(sparse, "").all().get().size(), 1u);
  page = 0;
  last = -1;
  EXPECT_EQ(Lister(sparse, "").all().result().error().code(), ErrorCode::protocol);
}

TEST_F(ListerTest, AMissingFolderIsAnError) {
  const Result<std::vector<Entry>> result = Lister(store, "nowhere", {true, true, 0}).all().result();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::not_found);
}

std::vector<std::string> names_of(const std::vector<Entry>& entries) {
  std::vector<std::string> names;
  for (const Entry& entry : entries) names.push_back(entry.path + (entry.is_directory() ? "/" : ""));
  return names;
}

TEST_F(ListerTest, WhatNoPathCanNameIsKeptApart) {
  const auto backend = std::make_shared<ScriptedLister>([](const std::string&, const ListOptions&) {
    return Page{{named("d/a"), named("d/../b"), named("d/./c"), named("d//e"), named("d/f/"), named("/g"), named("h"),
                 named("d"), named("d/"), named(std::string("d/n\0l", 5)), named("d/..", EntryKind::directory),
                 named("d//", EntryKind::directory), named("d/sub/", EntryKind::directory)},
                {}};
  });
  Lister lister(backend, "d");
  EXPECT_EQ(names_of(lister.all().get()), (std::vector<std::string>{"d/a", "d/f/", "d/sub/"}));
  EXPECT_EQ(lister.unnamable().size(), 11u);
}

TEST_F(ListerTest, TheMarkOfTheListedFolderIsNothingInIt) {
  const auto backend = std::make_shared<ScriptedLister>([](const std::string&, const ListOptions&) {
    return Page{{named("d/", EntryKind::directory), named("d/a")}, {}};
  });
  Lister lister(backend, "d");
  EXPECT_EQ(names_of(lister.all().get()), std::vector<std::string>{"d/a"});
  EXPECT_TRUE(lister.unnamable().empty());
}

TEST_F(ListerTest, AMarkOfAFolderAndWhatIsInItGiveTheFolderOnce) {
  const auto backend = std::make_shared<ScriptedLister>([](const std::string&, const ListOptions&) {
    return Page{{named("d/", EntryKind::directory), named("d/s/", EntryKind::directory), named("d/s/a"),
                 named("d/t/u/", EntryKind::directory)},
                {}};
  });
  ListerOptions options;
  options.recursive = true;
  Lister lister(backend, "d", options);
  EXPECT_EQ(names_of(lister.all().get()), (std::vector<std::string>{"d/s/", "d/s/a", "d/t/", "d/t/u/"}));
}

TEST_F(ListerTest, WhoRemovesGetsEveryKeyAsItIs) {
  const auto backend = std::make_shared<ScriptedLister>([](const std::string&, const ListOptions&) {
    return Page{{named("d/", EntryKind::directory), named("d//x"), named("d/../y"), named("d/s/"), named("d/z")}, {}};
  });
  ListerOptions options;
  options.recursive = options.as_stored = true;
  Lister lister(backend, "d", options);
  EXPECT_EQ(names_of(lister.all().get()), (std::vector<std::string>{"d//", "d//x", "d/../y", "d/s/", "d/z"}));
}

TEST_F(ListerTest, WhoRemovesIsNeverGivenWhatIsElsewhere) {
  for (const char* name : {"e", "dd/x", "d"}) {
    const auto backend = std::make_shared<ScriptedLister>(
        [name](const std::string&, const ListOptions&) { return Page{{named(name)}, {}}; });
    ListerOptions options;
    options.recursive = options.as_stored = true;
    Lister lister(backend, "d", options);
    const Result<std::vector<Entry>> listed = lister.all().result();
    ASSERT_FALSE(listed.ok());
    EXPECT_EQ(listed.error().code(), ErrorCode::protocol);
  }
}

}  // namespace
}  // namespace genro::storage

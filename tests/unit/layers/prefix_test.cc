#include "layers/prefix.h"

#include <gtest/gtest.h>

#include "fakes/fake_store.h"
#include "fakes/virtual_time.h"

namespace genro::storage {
namespace {

class PrefixTest : public testing::Test {
 protected:
  void SetUp() override {
    store->store("top", Bytes::copy_of("outside"));
    store->store("docs/a", Bytes::copy_of("one"));
    store->store("docs/deep/b", Bytes::copy_of("two"));
    store->store("docs2/c", Bytes::copy_of("neighbour"));
  }
  test::VirtualTime time;
  std::shared_ptr<test::FakeStore> store = std::make_shared<test::FakeStore>(time.clock());
  std::shared_ptr<Backend> mount = with_prefix(store, "/docs//");
};

TEST_F(PrefixTest, EntriesCarryThePathsOfTheRelativeMount) {
  EXPECT_EQ(mount->stat("a").get()->path, "a");
  EXPECT_EQ(mount->read("deep/b", {}).get()->entry().path, "deep/b");
  EXPECT_EQ(mount->put("new", Bytes::copy_of("x"), {}).get().path, "new");
  EXPECT_TRUE(store->objects.contains("docs/new"));
  EXPECT_EQ(mount->copy("a", "a2", {}).get().path, "a2");
  ListOptions recursive;
  recursive.recursive = true;
  std::vector<std::string> paths;
  for (const Entry& entry : mount->list("", recursive).get().entries) paths.push_back(entry.path);
  EXPECT_EQ(paths, (std::vector<std::string>{"a", "a2", "deep/b", "new"}));
}

TEST_F(PrefixTest, AnUploadCompletesUnderTheMountsPath) {
  const auto upload = mount->upload("big", {}).get();
  std::vector<std::string> tags{upload->part(1, Bytes::copy_of("part")).get()};
  EXPECT_EQ(upload->complete(tags).get().path, "big");
  EXPECT_EQ(store->text("docs/big"), "part");
}

TEST_F(PrefixTest, NothingLeavesTheFolder) {
  for (const char* path : {"../top", "deep/../../top", "/top", "a//b", "./a", ".."}) {
    EXPECT_THROW(mount->stat(path).get(), Error) << path;
    EXPECT_THROW(mount->put(path, {}, {}).get(), Error) << path;
  }
  EXPECT_THROW(mount->stat(std::string("a\0b", 3)).get(), Error);
  EXPECT_EQ(store->text("top"), "outside");
  EXPECT_THROW(with_prefix(store, "docs/../.."), Error);
}

TEST_F(PrefixTest, ReadsOfTheContentAreTheParents) {
  EXPECT_EQ(mount->read("a", {}).get()->read_all().get().view(), "one");
  mount->remove("a").get();
  EXPECT_FALSE(store->objects.contains("docs/a"));
}

TEST_F(PrefixTest, MountsNestToAnyDepth) {
  const auto inner = with_prefix(mount, "deep");
  EXPECT_EQ(inner->stat("b").get()->path, "b");
  EXPECT_FALSE(inner->stat("a").get());
}

TEST_F(PrefixTest, AnEmptyPrefixIsTheSameRoot) {
  const auto same = with_prefix(store, "");
  EXPECT_EQ(same->stat("docs/a").get()->path, "docs/a");
  EXPECT_EQ(same->identity(), store->identity());
}

TEST_F(PrefixTest, AnotherFolderIsAnotherPlaceForServerSideCopies) {
  EXPECT_NE(mount->identity(), store->identity());
  EXPECT_EQ(mount->identity(), with_prefix(store, "docs")->identity());
}

/// A reader that does by itself what others leave to the plain way.
class AbleReader final : public Reader {
 public:
  const Entry& entry() const noexcept override { return entry_; }
  std::uint64_t begin() const noexcept override { return 1; }
  std::uint64_t size() const noexcept override { return 2; }
  Task<std::size_t> read_into(std::span<std::byte>) override { return ready<std::size_t>(3); }
  Task<Bytes> read_some(std::size_t) override { return ready(Bytes::copy_of("some")); }
  Task<Bytes> read_all() override { return ready(Bytes::copy_of("all")); }
  Task<std::uint64_t> save(FileSink&) override { return ready<std::uint64_t>(4); }
  const Bytes* buffered() const noexcept override { return &buffered_; }
  std::optional<FileSpan> file_span() override { return FileSpan{nullptr, 5, 6}; }
  bool gave_way() const noexcept override { return true; }
  std::optional<ContentChecksum> checksum() const override { return ContentChecksum{ContentChecksum::Kind::crc32, 7}; }

 private:
  Entry entry_;
  Bytes buffered_ = Bytes::copy_of("buffered");
};

class StoreOfAbleReaders final : public test::FakeStore {
 public:
  using FakeStore::FakeStore;
  Task<std::unique_ptr<Reader>> read(std::string, ReadOptions) override { co_return std::make_unique<AbleReader>(); }
};

class Nowhere final : public FileSink {
 public:
  Task<void> write_at(std::uint64_t, std::span<const std::byte>) override { return ready(); }
};

TEST_F(PrefixTest, AReaderBehindItDoesAllThatItCanDoWithoutIt) {
  const std::shared_ptr<Backend> able = with_prefix(std::make_shared<StoreOfAbleReaders>(time.clock()), "docs");
  const std::unique_ptr<Reader> reader = able->read("a", {}).get();
  Nowhere nowhere;
  EXPECT_EQ(reader->begin(), 1U);
  EXPECT_EQ(reader->size(), 2U);
  EXPECT_EQ(reader->read_into({}).get(), 3U);
  EXPECT_EQ(reader->read_some(1).get().view(), "some");
  EXPECT_EQ(reader->read_all().get().view(), "all");
  EXPECT_EQ(reader->save(nowhere).get(), 4U);
  ASSERT_NE(reader->buffered(), nullptr);
  EXPECT_EQ(reader->buffered()->view(), "buffered");
  ASSERT_TRUE(reader->file_span());
  EXPECT_EQ(reader->file_span()->offset, 5U);
  EXPECT_TRUE(reader->gave_way());
  ASSERT_TRUE(reader->checksum());
  EXPECT_EQ(reader->checksum()->value, 7U);
}

TEST_F(PrefixTest, ABackendWithoutHooksInTheWayGivesItsOwnCaps) { EXPECT_EQ(mount->caps(), store->caps()); }

}  // namespace
}  // namespace genro::storage

// Snapshots, histories and metadata through the public API: on memory, which has none of them, and on the real servers
// that the environment names, in buckets that keep versions.
#include <gmock/gmock.h>

#include <cstdlib>
#include <random>

#include "genro/storage/backend.h"
#include "genro/storage/manager.h"
#include "node/mount.h"
#include "unit/both_drivers.h"

namespace genro::storage {
namespace {

using ::testing::HasSubstr;

std::string variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value ? value : "";
}

class WithoutVersions : public test::BothDrivers {
 protected:
  WithoutVersions() {
    storage_.configure({{{"name", "m"}, {"protocol", "memory"}, {"base_path", "without_versions"}},
                        {{"name", "b"}, {"protocol", "base64"}}});
    run(storage_.node("m:a").write_bytes(Bytes::copy_of("content")));
  }
  StorageManager storage_;
};

TEST_P(WithoutVersions, a_mount_that_keeps_none_has_no_history) {
  const Node node = storage_.node("m:a");
  EXPECT_TRUE(run(node.versions()).empty());
  EXPECT_EQ(run(node.version_count()), 0U);
  EXPECT_EQ(failure(node.compact_versions(true)), ErrorCode::unsupported);
  EXPECT_THAT(message(node.compact_versions()), HasSubstr("does not support versioning"));
  EXPECT_EQ(failure(node.open("rb", 0)), ErrorCode::unsupported);
  EXPECT_EQ(failure(node.open("wb", "id")), ErrorCode::unsupported);
  EXPECT_EQ(run(run(node.open("rb", VersionSelector())).read_all()).view(), "content");
}

TEST_P(WithoutVersions, no_version_can_be_removed) {
  EXPECT_EQ(failure(storage_.node("m:a").remove_version("1")), ErrorCode::unsupported);
  EXPECT_THAT(message(storage_.node("m:a").remove_version("1")), HasSubstr("m:a"));
  EXPECT_EQ(failure(storage_.node("m:a", {}, 0).remove_version("1")), ErrorCode::invalid_argument);
  EXPECT_EQ(failure(storage_.iternode({storage_.node("m:a")}).remove_version("1")), ErrorCode::invalid_argument);
  EXPECT_EQ(failure(Node().remove_version("1")), ErrorCode::invalid_argument);
  EXPECT_EQ(run(storage_.node("m:a").read_bytes()).view(), "content");
}

TEST_P(WithoutVersions, a_snapshot_is_nowhere_and_cannot_be_changed) {
  Node snapshot = storage_.node("m:a", {}, 0);
  EXPECT_EQ(snapshot.version(), "0");
  EXPECT_EQ(snapshot.selector(), VersionSelector(0));
  EXPECT_FALSE(run(snapshot.exists()));
  EXPECT_FALSE(run(snapshot.ext_attributes()).size);
  EXPECT_THAT(message(snapshot.read_bytes()), HasSubstr("m:a"));
  EXPECT_EQ(failure(snapshot.read_bytes()), ErrorCode::unsupported);
  EXPECT_EQ(failure(snapshot.size()), ErrorCode::unsupported);
  EXPECT_EQ(failure(snapshot.copy_to(storage_.node("m:b"))), ErrorCode::unsupported);
  EXPECT_EQ(failure(snapshot.write_bytes(Bytes())), ErrorCode::invalid_argument);
  EXPECT_EQ(failure(snapshot.remove()), ErrorCode::invalid_argument);
  EXPECT_EQ(failure(storage_.node("m:a").copy_to(snapshot)), ErrorCode::invalid_argument);
  EXPECT_EQ(failure(snapshot.mount()->backend->put("a", Body(Bytes()), {})), ErrorCode::invalid_argument);
  EXPECT_TRUE(snapshot.parent().version().empty());
  EXPECT_EQ(run(storage_.node("m:a").read_bytes()).view(), "content");
}

TEST_P(WithoutVersions, metadata_are_refused_after_the_file_was_looked_for) {
  EXPECT_EQ(failure(storage_.node("m:none").get_metadata()), ErrorCode::not_found);
  EXPECT_EQ(failure(storage_.node("m:none").set_metadata({{"a", "b"}})), ErrorCode::not_found);
  EXPECT_TRUE(run(storage_.node("m:a").get_metadata()).empty());
  EXPECT_EQ(failure(storage_.node("m:a").set_metadata({{"a b", "c"}})), ErrorCode::invalid_argument);
  EXPECT_EQ(failure(storage_.node("m:a").set_metadata({{"a", "b"}})), ErrorCode::unsupported);
  EXPECT_TRUE(run(storage_.node("b:!").get_metadata()).empty());
  EXPECT_EQ(failure(storage_.node("b:!").set_metadata({{"a", "b"}})), ErrorCode::unsupported);
}

TEST_P(WithoutVersions, a_node_without_a_mount_has_neither) {
  EXPECT_EQ(failure(Node().get_metadata()), ErrorCode::invalid_argument);
  EXPECT_EQ(failure(Node().set_metadata({})), ErrorCode::invalid_argument);
  EXPECT_EQ(failure(Node().versions()), ErrorCode::invalid_argument);
}

GENRO_BOTH_DRIVERS(WithoutVersions);

class WithVersions : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const std::string name = "GENRO_TEST_" + GetParam();
    const std::string bucket = variable(name + "_VERSIONED_BUCKET");
    if (bucket.empty()) GTEST_SKIP() << name << "_VERSIONED_BUCKET is not set: no such server to test with";
    std::random_device random;
    storage_.configure({{{"name", "v"},
                         {"protocol", "s3"},
                         {"bucket", bucket},
                         {"base_path", "unit/" + std::to_string(random()) + std::to_string(random())},
                         {"region", "us-east-1"},
                         {"endpoint_url", variable(name)},
                         {"access_key", variable(name + "_ACCESS_KEY")},
                         {"secret_key", variable(name + "_SECRET_KEY")}},
                        {{"name", "view"}, {"path", "v:"}, {"permissions", "readonly"}}});
  }
  void put(std::string_view address, std::string_view text) {
    storage_.node(address).write_bytes(Bytes::copy_of(text)).get();
  }
  std::string get(std::string_view address, VersionSelector version = {}) {
    return storage_.node(address, {}, std::move(version)).read_bytes().get().to_string();
  }
  template <class T>
  static ErrorCode failure(Task<T> task) {
    const Result<T> result = std::move(task).result();
    return result.ok() ? ErrorCode::internal : result.error().code();
  }
  StorageManager storage_;
};

TEST_P(WithVersions, a_history_is_listed_and_read_by_id_and_place) {
  for (const char* text : {"one", "two", "three"}) put("v:a", text);
  put("v:ab", "another file");
  const std::vector<Version> versions = storage_.node("v:a").versions().get();
  ASSERT_EQ(versions.size(), 3U);
  EXPECT_TRUE(versions[2].is_latest);
  EXPECT_EQ(get("v:a", versions[0].version_id), "one");
  EXPECT_EQ(get("v:a", 1), "two");
  EXPECT_EQ(get("view:a", -1), "three");
  EXPECT_EQ(storage_.node("v:a", {}, 0).size().get(), 3U);
  EXPECT_EQ(storage_.node("v:a").open("rb", 0).get().read_all().get().view(), "one");
  EXPECT_EQ(failure(storage_.node("v:a").open("r+b", 0)), ErrorCode::invalid_argument);
  EXPECT_EQ(failure(storage_.node("v:a", {}, 0).open("rb", 0)), ErrorCode::invalid_argument);
  EXPECT_EQ(failure(storage_.node("v:a", {}, 9).read_bytes()), ErrorCode::out_of_range);
  EXPECT_EQ(failure(storage_.node("v:a", {}, "no-such-id").read_bytes()), ErrorCode::not_found);
}

TEST_P(WithVersions, a_version_is_restored_by_a_copy) {
  put("v:a", "old");
  put("v:a", "new");
  storage_.node("v:a", {}, 0).copy_to(storage_.node("v:a")).get();
  EXPECT_EQ(get("v:a"), "old");
  EXPECT_EQ(storage_.node("v:a").version_count().get(), 3U);
}

TEST_P(WithVersions, compaction_counts_what_it_removed_and_names_what_was_refused) {
  for (const char* text : {"A", "A", "B", "B", "A"}) put("v:a", text);
  EXPECT_EQ(storage_.node("v:a").compact_versions(true).get().repeated, 2U);
  const Compaction refused = storage_.node("view:a").compact_versions().get();
  EXPECT_EQ(refused.removed, 0U);
  ASSERT_EQ(refused.failures.size(), 2U);
  EXPECT_EQ(refused.failures[0].error.code(), ErrorCode::mount_permission);
  const Compaction done = storage_.node("v:a").compact_versions().get();
  EXPECT_EQ(done.removed, 2U);
  EXPECT_TRUE(done.failures.empty());
  EXPECT_EQ(storage_.node("v:a").version_count().get(), 3U);
  EXPECT_EQ(get("v:a"), "A");
}

TEST_P(WithVersions, one_version_is_removed_and_the_others_stay) {
  for (const char* text : {"A", "B", "C"}) put("v:a", text);
  const std::vector<Version> versions = storage_.node("v:a").versions().get();
  EXPECT_EQ(failure(storage_.node("view:a").remove_version(versions[1].version_id)), ErrorCode::mount_permission);
  storage_.node("v:a").remove_version(versions[1].version_id).get();
  EXPECT_EQ(storage_.node("v:a").version_count().get(), 2U);
  EXPECT_EQ(get("v:a", 0), "A");
  EXPECT_EQ(get("v:a"), "C");
}

TEST_P(WithVersions, metadata_are_of_their_version) {
  put("v:a", "content");
  const std::string first = storage_.node("v:a").versions().get().front().version_id;
  put("v:a", "content 2");
  storage_.node("v:a").set_metadata({{"State", "é"}}).get();
  EXPECT_EQ(storage_.node("v:a").get_metadata().get(), (Metadata{{"state", "é"}}));
  EXPECT_EQ(storage_.node("v:a", {}, first).get_metadata().get(), Metadata());
  EXPECT_EQ(get("v:a"), "content 2");
}

INSTANTIATE_TEST_SUITE_P(servers, WithVersions, ::testing::Values("MINIO", "VERSITYGW"));

}  // namespace
}  // namespace genro::storage

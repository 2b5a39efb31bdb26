#include <map>
#include <utility>
#include <vector>

#include "layers/permission.h"
#include "layers/prefix.h"
#include "unit/layers/retry_fixture.h"

namespace genro::storage {
namespace {

using test::Trouble;

/// A store that takes files from its likes, as buckets of one server do.
class ServerStore final : public test::FakeStore, public ServerCopy {
 public:
  using FakeStore::FakeStore;
  std::vector<const Backend*> sources;  ///< of the copies that were asked for, in order

  ServerCopy* server_copy() noexcept override { return this; }
  bool reaches(const Backend& source) const noexcept override { return dynamic_cast<const ServerStore*>(&source); }
  Task<Entry> copy_from(std::shared_ptr<Backend> source, std::string from, std::string to,
                        PutOptions options) override {
    sources.push_back(source.get());
    const auto& store = dynamic_cast<const ServerStore&>(*source);
    Task<Entry> putting = put(std::move(to), Body(store.objects.at(from).content), std::move(options));
    co_return co_await putting;
  }
};

class RetryCopyTest : public test::RetryTest {
 protected:
  RetryCopyTest() {
    store = target;
    source->store("a", Bytes::copy_of("content"));
  }
  Task<Entry> copy(std::shared_ptr<Backend> from) {
    return backend->server_copy()->copy_from(std::move(from), "a", "b", {});
  }
  bool reaches(const Backend& other) const {
    const ServerCopy* const server = backend->server_copy();
    return server && server->reaches(other);
  }

  std::shared_ptr<ServerStore> source = std::make_shared<ServerStore>(time.clock());
  std::shared_ptr<ServerStore> target = std::make_shared<ServerStore>(time.clock());
  std::shared_ptr<Backend> backend = with_retry(target, env);
};

TEST_F(RetryCopyTest, ACopyOnTheServerThatFailsForTheMomentIsRepeatedUntilItSucceeds) {
  for (const Trouble trouble : {Trouble::refuse, Trouble::before, Trouble::after}) {
    target->objects.clear();
    target->log.clear();
    target->sources.clear();
    fail(3, trouble);
    EXPECT_EQ(copy(source).get().path, "b");
    EXPECT_EQ(target->text("b"), "content");
    EXPECT_EQ(target->sources, std::vector<const Backend*>(4, source.get()));
  }
}

TEST_F(RetryCopyTest, ACopyOnTheServerThatNoRetryHelpsFailsAtOnce) {
  fail(1, Trouble::hard);
  const Result<Entry> copied = copy(source).result();
  ASSERT_FALSE(copied.ok());
  EXPECT_EQ(copied.error().code(), ErrorCode::permission_denied);
  EXPECT_EQ(calls(), 1u);
  EXPECT_TRUE(target->objects.empty());
}

TEST_F(RetryCopyTest, ASourceIsFoundBehindItsLayers) {
  const std::shared_ptr<Backend> layered =
      with_permission(with_prefix(with_retry(source, env), "folder"), Permission::readonly);
  EXPECT_TRUE(reaches(*layered));
  EXPECT_TRUE(reaches(*source));
  EXPECT_EQ(copy(layered).get().path, "b");
  EXPECT_EQ(target->sources, std::vector<const Backend*>{source.get()});  // the path is that of the store itself
  EXPECT_EQ(target->text("b"), "content");
}

TEST_F(RetryCopyTest, AStoreOfAnotherKindIsOutOfReachBehindAnyLayers) {
  const auto other = std::make_shared<test::FakeStore>(time.clock());
  EXPECT_FALSE(reaches(*other));
  EXPECT_FALSE(reaches(*with_retry(other, env)));
  backend = with_retry(other, env);
  EXPECT_FALSE(reaches(*source));
}

TEST_F(RetryCopyTest, ASourceLivesAsLongAsTheCopyOfIt) {
  std::shared_ptr<Backend> layered = with_retry(source, env);
  const std::weak_ptr<ServerStore> seen = source;
  fail(2, Trouble::before);
  {
    Task<Entry> copying = copy(std::exchange(layered, nullptr));
    source.reset();
    EXPECT_FALSE(seen.expired());
    EXPECT_EQ(std::move(copying).get().path, "b");
  }
  EXPECT_TRUE(seen.expired());
  EXPECT_EQ(target->text("b"), "content");
}

}  // namespace
}  // namespace genro::storage

// What doctor() finds out about a store that works and about those that do not, in virtual time.
#include "genro/storage/doctor.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <memory>
#include <string>

#include "core/env.h"
#include "fakes/fake_store.h"
#include "fakes/virtual_time.h"
#include "genro/storage/error.h"
#include "genro/storage/manager.h"
#include "manager/mount_builder.h"

namespace genro::storage {
namespace {

using test::Trouble;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A store that may ignore conditions, or stand behind something that does every write twice.
class Examined final : public test::FakeStore {
 public:
  using FakeStore::FakeStore;
  Task<Entry> put(std::string path, Body body, PutOptions options) override {
    if (ignores_conditions) options.when = When::always();
    if (puts_twice) {
      Task<Entry> first = FakeStore::put(path, body, options);
      co_await first;
    }
    Task<Entry> last = FakeStore::put(std::move(path), std::move(body), std::move(options));
    co_return co_await last;
  }
  bool ignores_conditions = false;
  bool puts_twice = false;
};

class Doctor : public testing::Test {
 protected:
  Doctor() {
    env_.clock = &time_.clock();
    state_ = std::make_shared<ManagerState>(env_, nullptr);
    auto table = std::make_shared<MountTable>();
    table->push_back(wrap_backend("m", store_, env_));
    state_->replace(std::move(table));
  }
  Diagnosis examine(DoctorOptions options = {}) { return StorageManager(state_).doctor("m", options).get(); }
  /// The Nth call of one kind, counted from 1, gets into trouble.
  void trouble(std::string_view kind, int nth, Trouble trouble) {
    store_->decide = [=, seen = 0](std::string_view call, const std::string&) mutable {
      return call == kind && ++seen == nth ? trouble : Trouble::none;
    };
  }
  static const Finding& finding(const Diagnosis& diagnosis, std::string_view check) {
    const auto found = std::find_if(diagnosis.findings.begin(), diagnosis.findings.end(),
                                    [&](const Finding& one) { return one.check == check; });
    if (found == diagnosis.findings.end()) throw std::out_of_range("no finding of " + std::string(check));
    return *found;
  }
  static std::vector<std::string> checks(const Diagnosis& diagnosis, Outcome outcome) {
    std::vector<std::string> found;
    for (const Finding& one : diagnosis.findings) {
      if (one.outcome == outcome) found.push_back(one.check);
    }
    return found;
  }

  test::VirtualTime time_{Loop::Kind::reactor};
  Env env_ = Env::system();
  std::shared_ptr<Examined> store_ = std::make_shared<Examined>(time_.clock());
  std::shared_ptr<ManagerState> state_;
};

TEST_F(Doctor, finds_nothing_wrong_with_a_store_that_works_and_leaves_nothing_there) {
  const Diagnosis diagnosis = examine();
  EXPECT_TRUE(diagnosis.ok());
  EXPECT_THAT(checks(diagnosis, Outcome::ok),
              ElementsAre("connects", "authenticates", "finds", "lists", "latency", "writes", "reads back", "checksum",
                          "clock", "conditional put", "removes", "nothing left"));
  EXPECT_THAT(diagnosis.latency, testing::Optional(testing::DoubleNear(0.003, 0.001)));
  EXPECT_THAT(store_->objects, IsEmpty());
}

TEST_F(Doctor, names_a_key_that_is_refused_and_tries_nothing_more) {
  trouble("list", 1, Trouble::hard);
  const Diagnosis diagnosis = examine();
  EXPECT_FALSE(diagnosis.ok());
  EXPECT_THAT(checks(diagnosis, Outcome::failed), ElementsAre("authenticates"));
  EXPECT_EQ(diagnosis.findings.back().check, "authenticates");
  EXPECT_THAT(diagnosis.findings.back().advice, HasSubstr("credentials"));
  EXPECT_EQ(store_->puts, 0U);
}

TEST_F(Doctor, warns_of_a_store_that_ignores_conditions) {
  store_->ignores_conditions = true;
  const Diagnosis diagnosis = examine();
  EXPECT_TRUE(diagnosis.ok());
  EXPECT_THAT(checks(diagnosis, Outcome::warning), ElementsAre("conditional put"));
  EXPECT_THAT(store_->objects, IsEmpty());
}

TEST_F(Doctor, writes_nothing_when_no_probe_is_wanted) {
  EXPECT_EQ(finding(examine({.write = false}), "writes").outcome, Outcome::skipped);
  EXPECT_EQ(store_->puts, 0U);
}

TEST_F(Doctor, removes_a_probe_whose_answer_was_lost) {
  trouble("put", 1, Trouble::after);
  const Diagnosis diagnosis = examine();
  EXPECT_THAT(checks(diagnosis, Outcome::failed), ElementsAre("writes"));
  EXPECT_EQ(finding(diagnosis, "nothing left").outcome, Outcome::ok);
  EXPECT_EQ(store_->puts, 1U);
  EXPECT_THAT(store_->objects, IsEmpty());
}

TEST_F(Doctor, knows_its_probe_again_when_the_write_is_refused_because_it_was_done_before) {
  store_->puts_twice = true;
  const Diagnosis diagnosis = examine();
  EXPECT_TRUE(diagnosis.ok());
  EXPECT_EQ(finding(diagnosis, "writes").outcome, Outcome::ok);
  EXPECT_EQ(finding(diagnosis, "nothing left").outcome, Outcome::ok);
  EXPECT_EQ(store_->puts, 1U);
  EXPECT_THAT(store_->objects, IsEmpty());
}

TEST_F(Doctor, leaves_alone_what_somebody_else_put_under_its_name) {
  store_->decide = [&](std::string_view call, const std::string& path) {
    if (call == "put") store_->store(path, Bytes::copy_of(std::string_view("theirs")));
    return Trouble::none;
  };
  const Diagnosis diagnosis = examine();
  EXPECT_THAT(checks(diagnosis, Outcome::failed), ElementsAre("writes"));
  ASSERT_EQ(store_->objects.size(), 1U);
  EXPECT_EQ(store_->objects.begin()->second.content.view(), "theirs");
}

TEST_F(Doctor, looks_again_whose_it_is_before_it_removes_what_it_could_not_read_at_first) {
  store_->decide = [&, reads = 0](std::string_view call, const std::string& path) mutable {
    if (call == "put") store_->store(path, Bytes::copy_of(std::string_view("theirs")));
    return call == "read" && ++reads == 1 ? Trouble::hard : Trouble::none;
  };
  const Diagnosis diagnosis = examine();
  EXPECT_THAT(checks(diagnosis, Outcome::failed), ElementsAre("writes"));
  ASSERT_EQ(store_->objects.size(), 1U);
  EXPECT_EQ(store_->objects.begin()->second.content.view(), "theirs");
}

TEST_F(Doctor, skips_what_there_is_no_time_for_and_removes_the_probe_nevertheless) {
  trouble("read", 1, Trouble::stall);
  const Diagnosis diagnosis = examine({.within = 5});
  EXPECT_THAT(checks(diagnosis, Outcome::failed), ElementsAre("reads back"));
  EXPECT_THAT(finding(diagnosis, "reads back").advice, HasSubstr("more time"));
  EXPECT_THAT(checks(diagnosis, Outcome::skipped), ElementsAre("clock", "conditional put", "nothing left"));
  EXPECT_EQ(finding(diagnosis, "nothing left").text, "out of time");
  EXPECT_EQ(finding(diagnosis, "removes").outcome, Outcome::ok);
  EXPECT_THAT(store_->objects, IsEmpty());
}

TEST_F(Doctor, says_of_a_probe_that_cannot_be_removed_what_it_is_called) {
  store_->decide = [](std::string_view call, const std::string&) {
    return call == "remove" ? Trouble::hard : Trouble::none;
  };
  const Diagnosis diagnosis = examine();
  EXPECT_THAT(checks(diagnosis, Outcome::failed), ElementsAre("removes"));
  ASSERT_EQ(store_->objects.size(), 1U);
  EXPECT_THAT(finding(diagnosis, "removes").advice, HasSubstr(store_->objects.begin()->first));
}

}  // namespace
}  // namespace genro::storage

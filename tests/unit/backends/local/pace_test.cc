// On which threads a local mount asks the system for operations that a loop drives.
#include <mutex>
#include <set>
#include <thread>

#include "fakes/virtual_time.h"
#include "hooked_local_fixture.h"

namespace genro::storage::test {
namespace {

/// Counts the calls on the test's own thread, where started operations run until they first wait.
class LocalPace : public LocalFixture {
 protected:
  ~LocalPace() override {
    watched_.reset();
    files_.wait_until_closed();
  }
  void SetUp() override {
    LocalFixture::SetUp();
    put("a.txt", "content");
    files_.set_hook([this, here = std::this_thread::get_id()](const char*) {
      if (std::this_thread::get_id() == here) ++calls_here_;
      if (slow_) clock_.advance(std::chrono::milliseconds(20));
      return 0;
    });
  }
  void mount_it() { watched_ = mount({{"base_path", base_}}, env_); }
  /// Calls on this thread that one look at the file took.
  int look() {
    calls_here_ = 0;
    EXPECT_TRUE(run(watched_->stat("a.txt")));
    return calls_here_;
  }
  int read() {
    calls_here_ = 0;
    {
      const std::unique_ptr<Reader> reader = run(watched_->read("a.txt", {}));
      EXPECT_EQ(run(reader->read_all()).to_string(), "content");
    }
    return calls_here_;
  }

  int calls_here_ = 0;
  bool slow_ = false;
  test::VirtualClock clock_;
  HookedFiles files_{system_files()};
  Env env_{&clock_, Env::system().random, &files_, Env::system().network};
  std::shared_ptr<Backend> watched_;
};

TEST_P(LocalPace, what_the_kernel_has_in_memory_is_asked_at_once) {
  mount_it();
  read();  // now it is
  EXPECT_GT(look(), 0);
  EXPECT_GT(read(), 0);
}

TEST_P(LocalPace, a_file_system_that_others_serve_is_never_asked_on_the_loops_thread) {
  files_.be_served_by_others();
  mount_it();
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(look(), 0);
    EXPECT_EQ(read(), 0);
  }
}

TEST_P(LocalPace, after_a_slow_answer_helper_threads_ask_until_they_have_seen_quick_ones) {
  mount_it();
  read();
  ASSERT_GT(look(), 0);
  slow_ = true;
  EXPECT_GT(look(), 0) << "nobody could know";
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(look(), 0);
    EXPECT_EQ(read(), 0);
  }
  slow_ = false;
  int waited = 0;
  while (look() == 0 && waited < 1000) ++waited;
  EXPECT_GE(waited, 50) << "a few quick answers prove little";
  EXPECT_LT(waited, 1000) << "it never came back";
}

INSTANTIATE_TEST_SUITE_P(reactor, LocalPace, ::testing::Values(Driver::reactor),
                         [](const auto& info) { return name_of(info.param); });

}  // namespace
}  // namespace genro::storage::test

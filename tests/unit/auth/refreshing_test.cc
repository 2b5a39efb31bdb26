#include "auth/refreshing.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/env.h"
#include "fakes/virtual_time.h"

namespace genro::storage {
namespace {

using std::chrono::seconds;

struct Ticket {
  std::string text;
  std::int64_t expires_at = kNeverExpires;
};
using SharedTicket = std::shared_ptr<const Ticket>;

/// An office where a ticket takes a second of virtual time.
class RefreshingTicket : public testing::Test {
 protected:
  Task<Ticket> fetch() {
    Context& context = co_await current_context();
    const int number = ++fetches_;
    const WaitStatus status = co_await sleep_until(loop_of(context).now() + seconds(1));
    if (status == WaitStatus::stopped) throw_wait(status, context, "fetch");
    if (fails_) throw Error(ErrorCode::connection, "no answer");
    Ticket ticket{"ticket " + std::to_string(number), kNeverExpires};
    if (life_) ticket.expires_at = time_.clock().wall_ns() + Duration(*life_).count();
    co_return ticket;
  }
  std::string get() { return tickets_.get().get()->text; }
  Operation start(std::optional<Result<SharedTicket>>& outcome) {
    return tickets_.get().start({.loop = &time_.loop()},
                                [&outcome](Result<SharedTicket> result) { outcome.emplace(std::move(result)); });
  }

  void run_until_fetching(int number) {
    Loop::Drive driving(time_.loop());
    while (fetches_ < number) time_.loop().run_once();
  }

  test::VirtualTime time_;
  int fetches_ = 0;
  bool fails_ = false;
  std::optional<seconds> life_;
  Refreshing<Ticket> tickets_{time_.clock(), [this] { return fetch(); }};
};

TEST_F(RefreshingTicket, is_fetched_at_its_first_use_and_kept) {
  EXPECT_EQ(tickets_.cached(), nullptr);
  EXPECT_EQ(fetches_, 0);
  EXPECT_EQ(get(), "ticket 1");
  EXPECT_EQ(tickets_.cached()->text, "ticket 1");
  time_.clock().advance(std::chrono::hours(100'000));
  EXPECT_EQ(get(), "ticket 1");
}

TEST_F(RefreshingTicket, one_caller_refreshes_it_while_the_old_one_serves_the_others) {
  life_ = seconds(3600);
  EXPECT_EQ(get(), "ticket 1");
  time_.clock().advance(seconds(3301));
  std::optional<Result<SharedTicket>> first;
  std::optional<Result<SharedTicket>> second;
  start(first);
  start(second);
  time_.drain();
  EXPECT_EQ(std::move(*first).take()->text, "ticket 2");
  EXPECT_EQ(std::move(*second).take()->text, "ticket 1") << "has waited for the other one's fetch";
}

TEST_F(RefreshingTicket, of_a_short_life_is_asked_for_again_after_half_of_it_and_not_each_time) {
  life_ = seconds(200);
  EXPECT_EQ(get(), "ticket 1");
  time_.clock().advance(seconds(99));
  EXPECT_NE(tickets_.cached(), nullptr);
  EXPECT_EQ(get(), "ticket 1");
  time_.clock().advance(seconds(2));
  EXPECT_EQ(get(), "ticket 2");
}

TEST_F(RefreshingTicket, a_caller_who_is_stopped_while_fetching_leaves_that_to_the_next) {
  std::optional<Result<SharedTicket>> first;
  std::optional<Result<SharedTicket>> second;
  std::optional<Result<SharedTicket>> third;
  Operation fetching = start(first);
  start(second);
  start(third);
  run_until_fetching(1);
  fetching.cancel();
  time_.drain();
  EXPECT_EQ(first->error().code(), ErrorCode::cancelled);
  EXPECT_EQ(std::move(*second).take()->text, "ticket 2");
  EXPECT_EQ(std::move(*third).take()->text, "ticket 2");
  EXPECT_EQ(fetches_, 2);
}

TEST_F(RefreshingTicket, a_caller_who_is_stopped_while_waiting_disturbs_nobody) {
  std::optional<Result<SharedTicket>> first;
  std::optional<Result<SharedTicket>> second;
  start(first);
  Operation waiting = start(second);
  waiting.cancel();
  time_.drain();
  EXPECT_EQ(second->error().code(), ErrorCode::cancelled);
  EXPECT_EQ(std::move(*first).take()->text, "ticket 1");
}

TEST_F(RefreshingTicket, a_stopped_refresh_does_not_put_off_the_next) {
  life_ = seconds(3600);
  EXPECT_EQ(get(), "ticket 1");
  time_.clock().advance(seconds(3301));
  std::optional<Result<SharedTicket>> stopped;
  Operation refreshing = start(stopped);
  run_until_fetching(2);
  refreshing.cancel();
  time_.drain();
  EXPECT_EQ(get(), "ticket 3");
}

TEST_F(RefreshingTicket, a_failure_is_that_of_all_who_waited_unless_another_has_fetched_meanwhile) {
  fails_ = true;
  std::optional<Result<SharedTicket>> first;
  std::optional<Result<SharedTicket>> second;
  start(first);
  start(second);
  time_.drain();
  EXPECT_EQ(first->error().code(), ErrorCode::connection);
  EXPECT_EQ(second->error().code(), ErrorCode::connection);
  EXPECT_EQ(fetches_, 1);
  fails_ = false;
  EXPECT_EQ(get(), "ticket 2");
}

/// A fetch that takes real time: until the test opens the gate.
struct Gate {
  std::promise<void> opener;
  std::shared_future<void> open = opener.get_future().share();
  std::promise<void> entered;
  std::atomic<int> fetches{0};

  Task<Ticket> fetch() {
    const int number = ++fetches;
    if (number == 1) {
      entered.set_value();
      open.wait();
    }
    co_return Ticket{"ticket " + std::to_string(number), kNeverExpires};
  }
};

TEST(RefreshingAcrossThreads, calling_threads_and_started_operations_share_one_fetch) {
  Gate gate;
  Refreshing<Ticket> tickets(*Env::system().clock, [&gate] { return gate.fetch(); });
  std::vector<std::future<std::string>> found;
  const auto ask = [&tickets] { return tickets.get().get()->text; };
  found.push_back(std::async(std::launch::async, ask));
  gate.entered.get_future().wait();
  for (int i = 0; i < 7; ++i) found.push_back(std::async(std::launch::async, ask));
  std::promise<std::string> started;
  tickets.get().start({},
                      [&started](Result<SharedTicket> result) { started.set_value(std::move(result).take()->text); });
  gate.opener.set_value();
  for (std::future<std::string>& one : found) EXPECT_EQ(one.get(), "ticket 1");
  EXPECT_EQ(started.get_future().get(), "ticket 1");
  EXPECT_EQ(gate.fetches, 1);
}

TEST(RefreshingAcrossForks, a_child_fetches_what_a_thread_of_its_parent_was_fetching) {
  Gate gate;
  Refreshing<Ticket> tickets(*Env::system().clock, [&gate] { return gate.fetch(); });
  auto first = std::async(std::launch::async, [&tickets] { return tickets.get().get()->text; });
  gate.entered.get_future().wait();
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(60);  // instead of waiting for a thread that is not there
    ::_exit(tickets.get().get()->text == "ticket 2" ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  gate.opener.set_value();
  EXPECT_EQ(first.get(), "ticket 1");
}

}  // namespace
}  // namespace genro::storage

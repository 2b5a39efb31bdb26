// What every store over HTTP goes through in the fault tests: one set of scenarios, and the world that they take place in. A
// store's own world says what its server holds and answers; its test file chooses the faults that it can be protected from.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "backend/put_body.h"
#include "faults/network_faults.h"

namespace genro::storage::test {

/// Before each run there are "target" (old), "source", "dir/0", "dir/1", "dir/2/x" and "dir/3".
struct StoreWorld : NetworkWorld {
  StoreWorld();
  virtual ~StoreWorld() = default;

  // What the world of one store says:
  virtual FakeReply serve(const FakeRequest& request) = 0;
  virtual FakeReply refusal(Fault fault) = 0;  ///< slow_down, server_error, forbidden
  virtual void expire() {}                     ///< The credentials are good no more, new ones would be.
  virtual void store(const std::string& path, std::string content) = 0;  ///< By somebody else: stores() is as before.
  virtual const std::string* stored(const std::string& path) const = 0;  ///< Null when there is nothing.
  virtual std::string etag_of_target() const { return {}; }
  virtual std::uint64_t stores() const { return 0; }  ///< How often the target was written.
  /// What is on the server that an operation should have taken away: an upload, a lock, a temporary name; "" = nothing.
  virtual std::string left_open() const { return {}; }
  /// Whether a request begins something that has to be taken away, and whether it takes it away. Of a beginning whose answer
  /// got lost nobody knows; an end that the server refuses is none.
  virtual bool begins(const std::string&) const { return false; }
  virtual bool ends(const std::string& line) const { return line.starts_with("DELETE"); }

  virtual void cut_pages_at(std::size_t) {}  ///< So many entries are the most in a page of the server's.

  void fill();  ///< Called at the end of a world's constructor.
  FakeReply answer(const FakeRequest& request);
  void check_left(const Run& run);
  bool may_stay(const Run& run) const;
  void replace_source();

  std::string old = pattern(5000, 1);
  std::string fresh = pattern(30'000, 3);
  std::string source = pattern(30'000, 5);
  std::string other = pattern(30'000, 6);  // what replaces the source: as long, so that only its etag tells
  bool sums_ranges = false;                // the server gives checksums of ranges, too
  WriteLimits write_limits{8192, 3, 1 << 20};
  std::vector<std::string> log;  // "METHOD target" of each request
};

/// A world with one of the small servers of object stores, whose objects have a `content`.
template <class Server>
struct ObjectStoreWorld : StoreWorld {
  FakeReply serve(const FakeRequest& request) override { return server(request); }
  void store(const std::string& path, std::string content) override {
    server.store(path, std::move(content));
    --server.stores;
  }
  const std::string* stored(const std::string& path) const override {
    const auto found = server.objects.find(path);
    return found == server.objects.end() ? nullptr : &found->second.content;
  }
  std::uint64_t stores() const override { return server.stores; }
  void cut_pages_at(std::size_t most) override { server.page_size = most; }

  Server server;
};

struct StoreScenario : ScenarioOn<StoreWorld> {
  bool reads = false;  ///< Changes nothing, so that it can be done again in any case.
  friend void PrintTo(const StoreScenario& scenario, std::ostream* out) { *out << scenario.name; }
};

std::span<const StoreScenario> reading_scenarios();
std::span<const StoreScenario> writing_scenarios();
std::vector<StoreScenario> all_scenarios();
/// For stores that can append.
StoreScenario append_scenario();

/// Lists a folder of so many files, and a tenth as many folders, in pages of `limit` entries.
void list_in_pages(StoreWorld& world, std::size_t files, std::uint32_t limit);

inline std::string name_of_scenario(const testing::TestParamInfo<StoreScenario>& info) { return info.param.name; }

}  // namespace genro::storage::test

/// The two tests of each scenario in `scenarios`, in the world and with the faults of one store.
#define GENRO_STORE_FAULTS(Suite, World, scenarios, faults)                                                           \
  class Suite : public testing::TestWithParam<StoreScenario> {};                                                      \
  TEST_P(Suite, EveryRequestMayFailInEveryWayAndTheRulesHold) { every_request_may_fail<World>(GetParam(), faults); }  \
  TEST_P(Suite, ItMayBeCancelledAtEveryTurnAndTheRulesHold) { it_may_be_cancelled_at_every_turn<World>(GetParam()); } \
  TEST(Suite##Listings, PagesOfAnySizeGiveEveryEntryOnce) {                                                           \
    for (const std::uint32_t limit : {1U, 7U, 54U, 55U, 56U, 1000U}) {                                                \
      World world;                                                                                                    \
      list_in_pages(world, 50, limit);                                                                                \
    }                                                                                                                 \
  }                                                                                                                   \
  TEST(Suite##Listings, TenThousandEntriesAreEachGivenOnce) {                                                         \
    World world;                                                                                                      \
    list_in_pages(world, 10'000, 0);                                                                                  \
  }                                                                                                                   \
  INSTANTIATE_TEST_SUITE_P(Store, Suite, testing::ValuesIn(scenarios), name_of_scenario)

// The frame of the fault tests of stores over HTTP: what may become of one request, the world in which it does, and the two
// tests that each scenario goes through. StoreWorld (store_scenarios.h) derives from NetworkWorld, and each store from that.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include "backend/reader.h"
#include "fakes/fake_network.h"
#include "faults/fault_points.h"
#include "genro/storage/backend.h"

namespace genro::storage::test {

enum class Fault : unsigned char {
  slow_down,
  server_error,
  lost_request,  // the server never got it, the connection breaks
  lost_answer,   // the server did it, the connection breaks before its answer
  cut,           // ... within its answer
  cut_at_end,    // ... before the last byte of its answer
  too_long,      // more bytes are announced than are sent, and the connection is closed in order
  too_short,     // fewer bytes are announced than are sent
  stall,
  stalled_body,
  flipped,
  slow,
  closed,
  forbidden,
  expired,  // the credentials that were good until now are refused
  replaced  // the file that is read is replaced by another one
};

/// Whether who reads must not see a single one of them. A server that falls silent uses up the time of all tries.
constexpr bool passes(Fault fault) {
  return fault <= Fault::cut_at_end || fault == Fault::slow || fault == Fault::closed || fault == Fault::expired;
}

/// A content in which each place differs from its neighbours; made once, since each point needs it anew.
inline std::string pattern(std::size_t size, std::size_t seed) {
  static std::map<std::pair<std::size_t, std::size_t>, std::string> made;
  std::string& text = made[{size, seed}];
  if (!text.empty()) return text;
  text.assign(size, ' ');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (i * 31 + i / 77 + seed) % 26);
  return text;
}

/// The connection is reset after so many bytes.
inline FakeReply broken(FakeReply reply, std::size_t after) {
  reply.cut_after = after;
  reply.reset = true;
  return reply;
}

/// With another Content-Length by so many bytes; as it was where it has no body.
inline FakeReply with_wrong_length(FakeReply reply, int more) {
  constexpr std::string_view kName = "Content-Length: ";
  const std::size_t begin = reply.bytes.find(kName);
  const bool bodiless = reply.bytes.ends_with("\r\n\r\n");
  if (begin == std::string::npos || bodiless) return reply;
  const std::size_t digits = begin + kName.size();
  const std::size_t end = reply.bytes.find('\r', digits);
  const int size = std::stoi(reply.bytes.substr(digits, end - digits));
  reply.bytes.replace(digits, end - digits, std::to_string(std::max(size + more, 0)));
  reply.close = true;
  return reply;
}

/// What the network does to an answer; nothing for faults of the server.
inline FakeReply disturbed(FakeReply reply, Fault fault) {
  constexpr int kWrongBy = 7;
  const std::size_t most = reply.bytes.size() - reply.bytes.size() / 3;
  if (fault == Fault::cut) return broken(std::move(reply), most);
  if (fault == Fault::cut_at_end) {
    const std::size_t all_but_one = reply.bytes.size() - 1;
    return broken(std::move(reply), all_but_one);
  }
  if (fault == Fault::too_long) return with_wrong_length(std::move(reply), kWrongBy);
  if (fault == Fault::too_short) return with_wrong_length(std::move(reply), -kWrongBy);
  if (fault == Fault::stall) reply.stall_after = 0;
  if (fault == Fault::stalled_body) reply.stall_after = most;
  if (fault == Fault::slow) reply.delay = std::chrono::seconds(10);
  if (fault == Fault::closed) reply.close = true;
  // A damaged body; heads without one stay as they are: nothing protects them.
  if (fault == Fault::flipped && !reply.bytes.ends_with("\r\n\r\n")) reply.flip_at = reply.bytes.size() - 2;
  return reply;
}

/// What the rules that hold after a run depend on.
struct Run {
  std::uint64_t usual_calls = 0;  // requests of an undisturbed run; 0 while it is not known
  bool cancelled = false;
};

struct NetworkWorld {
  /// Counts a request. Whether it is one of those that fail.
  bool next_fails() {
    ++calls;
    return nth != 0 && (calls == nth || (calls > nth && for_ever));
  }
  void drain() {
    Loop::Drive driving(network_world.loop);
    try {
      for (;;) network_world.loop.run_once();
    } catch (const std::logic_error&) {
    }
  }
  /// Connections are closed by the loop that owns them.
  void check_connections() {
    mount.reset();
    drain();
    EXPECT_EQ(network_world.network.open_now(), 0u) << "connections are left open";
  }

  FakeWorld network_world{Loop::Kind::reactor};
  std::uint64_t nth = 0;  // the request that fails; 0 = none
  bool for_ever = false;  // and all after it
  Fault fault = Fault::slow_down;
  std::uint64_t calls = 0;
  std::shared_ptr<Backend> mount;
  ReadLimits read_limits{8192, 4096, 3, 4096};
  std::string got;
};

/// World has check_left(const Run&): what holds after every run.
template <class World, class Scenario>
void every_request_may_fail(const Scenario& scenario, std::span<const Fault> faults) {
  std::uint64_t calls = 0;
  {
    World world;
    const Result<void> result = scenario.act(world).result();
    ASSERT_TRUE(result.ok()) << result.error().what();
    world.drain();
    scenario.check(world, true);
    calls = world.calls;
    world.check_left({});
  }
  for (const Fault fault : faults) {
    for (std::uint64_t nth = 1; nth <= calls + 1; ++nth) {
      for (const bool for_ever : {false, true}) {
        const std::string name = std::string(scenario.name) + " fault " + std::to_string(static_cast<int>(fault)) +
                                 " at request " + std::to_string(nth) + (for_ever ? " and after" : "");
        run_point(name, [&] {
          World world;
          world.nth = nth;
          world.for_ever = for_ever;
          world.fault = fault;
          const Result<void> result = scenario.act(world).result();
          world.drain();
          scenario.check(world, result.ok());
          if (!for_ever && (fault == Fault::expired || (scenario.reads && passes(fault)))) {
            EXPECT_TRUE(result.ok()) << "what passes is not seen: " << result.error().what();
          }
          world.check_left({.usual_calls = calls});
          EXPECT_LT(world.network_world.elapsed(), std::chrono::minutes(30)) << "every wait is bounded";
        });
        if (testing::Test::HasFailure()) return;
      }
    }
  }
}

template <class World, class Scenario>
void it_may_be_cancelled_at_every_turn(const Scenario& scenario) {
  bool going_on = true;
  for (int turns = 0; going_on && !testing::Test::HasFailure(); ++turns) {
    run_point(std::string(scenario.name) + " cancelled after turn " + std::to_string(turns), [&] {
      World world;
      std::optional<bool> outcome;
      Operation operation = scenario.act(world).start({&world.network_world.loop, 0},
                                                      [&](Result<void> result) { outcome = result.ok(); });
      {
        Loop::Drive driving(world.network_world.loop);
        for (int i = 0; i < turns && !outcome; ++i) world.network_world.loop.run_once();
      }
      going_on = !outcome.has_value();
      operation.cancel();
      world.drain();
      ASSERT_TRUE(outcome.has_value()) << "a cancelled operation ends";
      scenario.check(world, *outcome);
      world.check_left({.cancelled = true});
    });
  }
}

}  // namespace genro::storage::test

// A network in virtual time: HTTP servers that are C++ functions, with faults (delays, stalls, cuts, flipped bytes, slow
// bodies, refused connections). Construct one FakeWorld, serve() hosts in it, give world.env to the code under test and
// call .get(): hours pass in microseconds, and a wait that nothing can end throws instead of hanging.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/env.h"
#include "core/network.h"
#include "fakes/virtual_time.h"

namespace genro::storage::test {

struct FakeRequest {
  std::string method;
  std::string target;
  std::string headers;  ///< raw lines
  std::string body;
  std::string header(std::string_view name) const;  ///< case-insensitive, "" when absent
};

/// What a server does with one request.
struct FakeReply {
  static constexpr std::size_t kNone = SIZE_MAX;
  std::string bytes;                ///< The whole response, as it goes over the wire.
  Duration delay{0};                ///< Before its first byte.
  double bytes_per_second = 0;      ///< 0 = all at once.
  std::size_t cut_after = kNone;    ///< The connection closes after so many bytes.
  std::size_t stall_after = kNone;  ///< Nothing comes after so many bytes, for ever.
  std::size_t flip_at = kNone;      ///< The lowest bit of this byte is inverted.
  bool close = false;               ///< The server closes after the response.
  bool reset = false;               ///< When it closes or cuts, the client sees ECONNRESET.

  /// "HTTP/1.1 <status> …" with Content-Length and the given lines ("Name: value\r\n").
  static FakeReply http(int status, std::string_view body = {}, std::string_view header_lines = {});
};

using FakeHandler = std::function<FakeReply(const FakeRequest&)>;

class FakeNetwork final : public Network {
 public:
  explicit FakeNetwork(VirtualClock& clock) : clock_(clock) {}
  ~FakeNetwork() override;

  /// From now on `host` (a name or an IPv4 address) serves on that port; replaces an earlier handler.
  void serve(const std::string& host, std::uint16_t port, FakeHandler handler);
  /// Makes connecting take so long (for ever: Duration::max()), or fail with this errno.
  void connecting(Duration delay, int error = 0) {
    connect_delay_ = delay;
    connect_error_ = error;
  }
  /// Further addresses of a name, tried with it.
  void add_address(const std::string& host, const std::string& address);
  /// The same for one address only.
  void connecting_to(const std::string& address, Duration delay, int error = 0);
  /// Servers close idle connections silently from now on: the next use of a kept one fails.
  void close_idle();
  /// How many bytes one write takes at most (short writes); 0 = all.
  void write_limit(std::size_t bytes) { write_limit_ = bytes; }
  /// How many bytes one read gives at most; 0 = all.
  void read_limit(std::size_t bytes) { read_limit_ = bytes; }

  /// How many connections may be open at once: then there is no descriptor left. 0 = any number.
  void descriptors(std::size_t most) { descriptors_ = most; }

  std::size_t opened() const noexcept { return opened_; }  ///< connections ever
  std::size_t open_now() const noexcept { return streams_.size(); }
  std::size_t requests() const noexcept { return requests_; }

  std::vector<Address> resolve(const std::string& host, std::uint16_t port) override;
  bool blocks() const noexcept override { return false; }
  std::unique_ptr<Stream> open(const Address& address) override;

  /// For the poller: when this wait ends, kNever if the server will never do anything.
  TimePoint ready_at(const IoWait& wait) const;

 private:
  friend class FakeStream;
  struct Host {
    std::vector<std::string> addresses;
  };
  VirtualClock& clock_;
  std::map<std::string, Host> names_;
  std::map<std::string, FakeHandler> handlers_;  // by "address:port"
  std::map<std::string, std::pair<Duration, int>> slow_;
  std::map<int, class FakeStream*> streams_;
  Duration connect_delay_{0};
  int connect_error_ = 0;
  std::size_t write_limit_ = 0;
  std::size_t read_limit_ = 0;
  std::size_t descriptors_ = 0;
  std::size_t opened_ = 0;
  std::size_t requests_ = 0;
  int next_descriptor_ = 1'000'000;
  std::uint8_t next_host_ = 1;
};

class FakeRandom final : public Random {
 public:
  std::uint64_t next() noexcept override { return state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL; }

 private:
  std::uint64_t state_ = 42;
};

/// Clock, network, loop, and .get() on this thread driven by them.
class FakeWorld {
 public:
  explicit FakeWorld(Loop::Kind kind = Loop::Kind::caller);
  ~FakeWorld();  ///< Runs what was still posted to the loop: pools end there.
  VirtualClock clock;
  FakeNetwork network{clock};
  FakeRandom random;
  Env env{&clock, &random, nullptr, &network};
  Loop loop;
  Duration elapsed() const noexcept { return clock.elapsed(); }
  /// Runs a task as .start() on the loop would (driver "reactor"): the loop's thread, not the caller's.
  template <class T>
  Result<T> run_started(Task<T> task, double timeout = 0) {
    Loop::Drive driving(loop);
    std::optional<Result<T>> outcome;
    Operation operation =
        std::move(task).start({&loop, timeout}, [&outcome](Result<T> result) { outcome.emplace(std::move(result)); });
    while (!outcome) loop.run_once();
    return std::move(*outcome);
  }

 private:
  GetOn get_on_{loop};
};

}  // namespace genro::storage::test

#include "net/resolver.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>

#include "core/mutex.h"
#include "loop/offload.h"
#include "loop/run.h"
#include "net/wait_queue.h"

namespace genro::storage {
namespace {

constexpr Duration kKeep = std::chrono::seconds(30);
constexpr std::size_t kMostNames = 1024;

/// One name of one network: what is known of it and who waits for it.
struct Lookup {
  Mutex mutex;
  WaitQueue waiters{mutex};
  bool running = false;
  unsigned generation = 0;  // of the process whose helper thread runs it
  std::size_t turn = 0;
  TimePoint known_until{};
  std::vector<Address> addresses;
  std::exception_ptr error;

  void look_up(Network& network, const std::string& host, std::uint16_t port) noexcept {
    std::vector<Address> found;
    std::exception_ptr failure;
    try {
      found = network.resolve(host, port);
    } catch (...) {
      failure = std::current_exception();
    }
    const std::lock_guard lock(mutex);
    addresses = std::move(found);
    error = failure;
    running = false;
    waiters.wake_all();
  }
};

/// Runs on a helper thread and outlives whoever asked: a name server may take longer than the caller wants to wait.
struct LookupJob final : BlockingJob {
  LookupJob(std::shared_ptr<Lookup> of, Network& through, std::string name, std::uint16_t at)
      : lookup(std::move(of)), network(through), host(std::move(name)), port(at) {
    loop = &reactor();
    share = &ThreadShare::names();
  }
  void work() noexcept override { lookup->look_up(network, host, port); }
  void run() noexcept override { delete this; }
  std::shared_ptr<Lookup> lookup;
  Network& network;
  std::string host;
  std::uint16_t port;
};

struct Names {
  Mutex mutex;
  std::map<std::pair<const Network*, std::string>, std::shared_ptr<Lookup>> lookups;

  static Names& instance() {
    static constinit Lasting<Names> names;
    return names.get();
  }
  std::shared_ptr<Lookup> of(const Network& network, const std::string& name) {
    const std::pair key(&network, name);
    {
      const std::lock_guard lock(mutex);
      if (const auto known = lookups.find(key); known != lookups.end()) return known->second;
    }
    auto fresh = std::make_shared<Lookup>();
    decltype(lookups) dropped;  // outlives the lock
    const std::lock_guard lock(mutex);
    if (lookups.size() >= kMostNames) dropped.swap(lookups);  // those in use live on with their users
    return lookups.emplace(key, std::move(fresh)).first->second;
  }
};

std::optional<Address> literal(const std::string& host, std::uint16_t port) {
  std::array<char, sizeof(in6_addr)> raw{};
  if (inet_pton(AF_INET, host.c_str(), raw.data()) == 1) return Address{AF_INET, port, std::string(raw.data(), 4)};
  if (inet_pton(AF_INET6, host.c_str(), raw.data()) == 1) return Address{AF_INET6, port, std::string(raw.data(), 16)};
  return std::nullopt;
}

}  // namespace

std::vector<Address> order_addresses(const std::vector<Address>& found, std::size_t turn) {
  std::array<std::vector<const Address*>, 2> families;  // the preferred one first
  for (const Address& address : found) families[address.family == found.front().family ? 0 : 1].push_back(&address);
  for (auto& family : families) {
    if (!family.empty())
      std::rotate(family.begin(), family.begin() + static_cast<std::ptrdiff_t>(turn % family.size()), family.end());
  }
  std::vector<Address> out;
  out.reserve(found.size());
  for (std::size_t i = 0; out.size() < found.size(); ++i) {
    for (const auto& family : families) {
      if (i < family.size()) out.push_back(*family[i]);
    }
  }
  return out;
}

Task<std::vector<Address>> resolve(Env& env, std::string host, std::uint16_t port, TimePoint until) {
  if (std::optional<Address> address = literal(host, port)) co_return std::vector<Address>(1, *address);
  const std::shared_ptr<Lookup> lookup = Names::instance().of(*env.network, host);
  Context& context = co_await current_context();
  std::unique_lock lock(lookup->mutex);
  if (env.clock->now() >= lookup->known_until) {
    if (lookup->generation != fork_generation()) {
      lookup->generation = fork_generation();
      lookup->running = false;
      lookup->waiters.forget_after_fork();
    }
    if (!lookup->running) {
      lookup->running = true;
      lookup->known_until = {};
      if (env.network->blocks()) {
        submit_blocking(*new LookupJob(lookup, *env.network, host, port));
      } else {
        lock.unlock();
        lookup->look_up(*env.network, host, port);
        lock.lock();
      }
    }
    if (lookup->running) {
      WaitQueue::Wait wait = lookup->waiters.wait(std::move(lock), until);
      const WaitStatus status = co_await wait;
      if (status != WaitStatus::ready) throw_wait(status, context, "looking up " + host);
      lock = std::unique_lock(lookup->mutex);
    }
    if (lookup->error) std::rethrow_exception(lookup->error);
    if (lookup->known_until == TimePoint{}) lookup->known_until = env.clock->now() + kKeep;
  }
  std::vector<Address> addresses = order_addresses(lookup->addresses, lookup->turn++);
  lock.unlock();
  for (Address& address : addresses) address.port = port;
  co_return addresses;
}

}  // namespace genro::storage

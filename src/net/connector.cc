#include "net/connector.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "loop/task_group.h"
#include "net/resolver.h"
#include "net/uri.h"

namespace genro::storage {
namespace {

constexpr Duration kStagger = std::chrono::milliseconds(250);

Task<StreamHandle> connect_one(Env& env, Address address, std::string peer, TimePoint until) {
  Context& context = co_await current_context();
  StreamHandle stream = make_stream_handle(env.network->open(address), loop_of(context));
  Task<void> connecting = finish_connecting(*stream, std::move(peer), until);
  co_await connecting;
  co_return std::move(stream);
}

/// Several addresses at once: the first to connect wins and stops the others.
struct Race {
  Env& env;
  const std::string& peer;
  TimePoint until;
  StreamHandle winner;
  std::exception_ptr failure;
  std::size_t running = 0;
  TaskGroup* group = nullptr;
  Scope* pause = nullptr;  // the starter's nap: an attempt that ends cuts it short
};

Task<void> attempt(Race& race, Address address) {
  Task<StreamHandle> connecting = connect_one(race.env, std::move(address), race.peer, race.until);
  Result<StreamHandle> result = co_await connecting.as_result();
  --race.running;
  if (result.ok()) {
    if (!race.winner) race.winner = std::move(result.value());
  } else if (!race.winner) {
    race.failure = result.exception();
  }
  if (race.pause) race.pause->stop(Error(ErrorCode::cancelled, "an attempt has ended"));
}

Task<void> nap(TimePoint until) { co_await sleep_until(until); }

}  // namespace

Task<void> finish_connecting(Stream& stream, std::string peer, TimePoint until) {
  Context& context = co_await current_context();
  for (;;) {
    const IoStep step = stream.connect();
    if (step.kind == IoStep::Kind::done) co_return;
    if (step.kind == IoStep::Kind::want_read || step.kind == IoStep::Kind::want_write) {
      const Interest interest = step.kind == IoStep::Kind::want_write ? Interest::write : Interest::read;
      const WaitStatus status = co_await ready_for(stream.descriptor(), interest, until);
      if (status != WaitStatus::ready) throw_wait(status, context, "connecting to " + peer);
      continue;
    }
    if (const std::string text = stream.failure(); !text.empty()) throw Error(ErrorCode::tls, peer + ": " + text);
    const char* reason =
        step.kind == IoStep::Kind::closed ? "the server closed the connection" : std::strerror(step.error);
    throw Error(ErrorCode::connection, "cannot connect to " + peer + ": " + reason);
  }
}

Task<StreamHandle> connect_tcp(Env& env, std::string host, std::uint16_t port, TimePoint until) {
  Context& context = co_await current_context();
  Task<std::vector<Address>> resolving = resolve(env, host, port, until);
  const std::vector<Address> addresses = co_await resolving;
  const std::string peer = host_and_port(host, port);
  if (addresses.size() == 1) {
    Task<StreamHandle> only = connect_one(env, addresses.front(), peer, until);
    StreamHandle stream = co_await only;
    co_return std::move(stream);
  }
  Race race{env, peer, until, StreamHandle(), nullptr};
  TaskGroup group(context);
  std::size_t next = 0;
  while (!race.winner && (next < addresses.size() || race.running > 0) && !context.scope->stopped()) {
    if (next < addresses.size()) {
      const std::size_t before = race.running++;
      group.spawn(attempt(race, addresses[next++]));
      if (race.winner || race.running == before) continue;  // ended at once
    }
    const bool more = next < addresses.size();
    Scope pause(context.scope);
    Context napping = context;
    napping.scope = &pause;
    race.pause = &pause;
    Task<void> sleeping = nap(more ? std::min(until, napping.loop->now() + kStagger) : kNever);
    Task<void> placed = std::move(sleeping).with_context(napping);
    co_await placed;
    race.pause = nullptr;
  }
  if (race.winner) group.stop(Error(ErrorCode::cancelled, "another address connected first"));
  Task<void> end = group.join();
  Result<void> ended = co_await end.as_result();
  static_cast<void>(ended);  // attempts report through the race
  context.scope->check();
  if (!race.winner) std::rethrow_exception(race.failure);
  co_return std::move(race.winner);
}

}  // namespace genro::storage

// The benchmark's S3 server: fixed responses, one thread, one epoll set, so cheap that the client's own cost is what is seen.
// Not a real S3: it stores nothing (but see objects.h) and checks no signature.
//   fixed_s3 [--port N] [--core N] [--delay-ms N] [--list-keys N] [--checksums] [--certificate FILE --key FILE]
// It prints the port that it listens on, then serves until stdin is closed (so that it cannot outlive its starter).
#include "connection.h"
#include "objects.h"
#include "stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <unordered_map>
#include <utility>

namespace fixed_s3 {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  int port = 0, core = -1;
  double delay_ms = 0;
  std::size_t list_keys = 100'000;
  bool checksums = false;
  const char* certificate = nullptr;
  const char* key = nullptr;
};

enum class State { receiving, waiting, sending };

struct Client {
  Client(int fd, SSL_CTX* tls, Statistics& statistics) : connection(fd, tls, statistics) {}

  Connection connection;
  std::uint64_t id = 0;
  State state = State::receiving;
  bool wants_writable = false;
  bool counted = true;  // until it asks for the statistics
};

class Server {
 public:
  explicit Server(const Options& options) : options_(options), objects_(options.list_keys, options.checksums) {}

  int run();

 private:
  bool listen();
  void accept_all();
  void serve(Client& client);
  Progress advance(Client& client);
  void answer(Client& client);
  void watch(Client& client, bool writable);
  void close(Client& client);
  int serve_delayed();

  Options options_;
  Objects objects_;
  SSL_CTX* tls_ = nullptr;
  int epoll_ = -1, listener_ = -1;
  std::uint64_t next_id_ = 0;
  std::unordered_map<std::uint64_t, std::unique_ptr<Client>> clients_;
  std::deque<std::pair<Clock::time_point, std::uint64_t>> delayed_;  // one delay for all: in order of time
};

constexpr std::uint64_t kListener = ~0ULL, kStdin = ~1ULL;

bool Server::listen() {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(options_.port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 1024) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::perror("fixed_s3");
    return false;
  }
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  return true;
}

int Server::run() {
  if (options_.certificate != nullptr) {
    tls_ = make_tls_context(options_.certificate, options_.key);
    if (tls_ == nullptr) return 1;
  }
  pattern();  // made before the first request asks for it
  if (!listen()) return 1;
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{.events = EPOLLIN, .data = {.u64 = kListener}};
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event);
  event.data.u64 = kStdin;
  const bool tied = ::epoll_ctl(epoll_, EPOLL_CTL_ADD, STDIN_FILENO, &event) == 0;  // not for /dev/null or a file
  std::array<epoll_event, 256> events{};
  for (;;) {
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), serve_delayed());
    for (int i = 0; i < count; ++i) {
      const auto id = events[static_cast<std::size_t>(i)].data.u64;
      if (id == kListener) {
        accept_all();
      } else if (id == kStdin) {
        char byte = 0;
        if (tied && ::read(STDIN_FILENO, &byte, 1) <= 0) return 0;
      } else if (const auto found = clients_.find(id); found != clients_.end()) {
        serve(*found->second);
      }
    }
  }
}

// Sends what is due; returns epoll's timeout until the next one is.
int Server::serve_delayed() {
  while (!delayed_.empty()) {
    const auto [due, id] = delayed_.front();
    const auto now = Clock::now();
    if (due > now) return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(due - now).count());
    delayed_.pop_front();
    if (const auto found = clients_.find(id); found != clients_.end()) {
      found->second->state = State::sending;
      serve(*found->second);
    }
  }
  return -1;
}

void Server::accept_all() {
  for (;;) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto client = std::make_unique<Client>(fd, tls_, objects_.statistics);
    client->id = next_id_++;
    epoll_event event{.events = EPOLLIN, .data = {.u64 = client->id}};
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
    clients_.emplace(client->id, std::move(client));
    auto& statistics = objects_.statistics;
    ++statistics.connections;
    statistics.peak_connections = std::max(statistics.peak_connections, statistics.connections);
  }
}

void Server::close(Client& client) {
  if (client.counted) --objects_.statistics.connections;
  clients_.erase(client.id);
}

void Server::watch(Client& client, bool writable) {
  if (client.wants_writable == writable) return;
  client.wants_writable = writable;
  epoll_event event{.events = writable ? EPOLLIN | EPOLLOUT : EPOLLIN, .data = {.u64 = client.id}};
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, client.connection.fd(), &event);
}

// Runs the client until it has to wait, or is gone.
void Server::serve(Client& client) {
  Progress progress = Progress::done;
  while (progress == Progress::done) progress = advance(client);
  if (progress == Progress::gone) close(client);
}

Progress Server::advance(Client& client) {
  if (client.state == State::waiting) return client.connection.receive_more();  // notices one that went away
  if (client.state == State::receiving) {
    const Progress received = client.connection.receive();
    if (received == Progress::done) answer(client);
    return received;
  }
  const Progress sent = client.connection.send();
  if (sent == Progress::gone) return sent;
  watch(client, sent == Progress::later);
  if (sent == Progress::done) client.state = State::receiving;
  return sent;
}

void Server::answer(Client& client) {
  Connection& connection = client.connection;
  const bool about_statistics = connection.request.path.starts_with("/_");
  if (about_statistics && client.counted) {
    client.counted = false;
    --objects_.statistics.connections;
  }
  connection.respond(objects_.answer(connection.request, std::exchange(connection.body, {})));
  client.state = State::sending;
  if (options_.delay_ms > 0 && !about_statistics) {
    client.state = State::waiting;
    const auto delay = std::chrono::duration<double, std::milli>(options_.delay_ms);
    delayed_.emplace_back(Clock::now() + std::chrono::duration_cast<Clock::duration>(delay), client.id);
  }
}

bool parse_options(int count, char** words, Options& options) {
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    if (word == "--checksums") {
      options.checksums = true;
      continue;
    }
    if (i + 1 == count) return false;
    const char* value = words[++i];
    if (word == "--port")
      options.port = std::atoi(value);
    else if (word == "--core")
      options.core = std::atoi(value);
    else if (word == "--delay-ms")
      options.delay_ms = std::atof(value);
    else if (word == "--list-keys")
      options.list_keys = static_cast<std::size_t>(std::atoll(value));
    else if (word == "--certificate")
      options.certificate = value;
    else if (word == "--key")
      options.key = value;
    else
      return false;
  }
  return (options.certificate == nullptr) == (options.key == nullptr);
}

}  // namespace
}  // namespace fixed_s3

int main(int count, char** words) {
  fixed_s3::Options options;
  if (!fixed_s3::parse_options(count, words, options)) {
    std::fputs(
        "usage: fixed_s3 [--port N] [--core N] [--delay-ms N] [--list-keys N] [--checksums] [--certificate FILE --key "
        "FILE]\n",
        stderr);
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  if (options.core >= 0) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(static_cast<std::size_t>(options.core), &cores);
    ::sched_setaffinity(0, sizeof cores, &cores);
  }
  return fixed_s3::Server(options).run();
}

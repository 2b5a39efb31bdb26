// The benchmark's S3 server: fixed responses, one thread, one epoll set, so cheap that the client's own cost is what is seen.
// Not a real S3: it stores nothing (but see objects.h) and checks no signature.
//   fixed_s3 [--port N] [--core N] [--delay-ms N] [--list-keys N] [--checksums] [--certificate FILE --key FILE]
// It prints the port that it listens on, then serves until stdin is closed (so that it cannot outlive its starter).
#include "objects.h"
#include "request.h"
#include "stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <unordered_map>

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

enum class State { head, body, waiting, sending };

struct Connection {
  Connection(int fd, SSL_CTX* tls) : stream(fd, tls) {}

  Stream stream;
  std::uint64_t id = 0;
  State state = State::head;
  std::string input;  // received, not yet used
  Request request;
  std::string kept;  // body bytes that Objects asked for
  bool keep = false;
  std::int64_t left = 0;  // body bytes still to come (of this chunk, if chunked); -1: a chunk's size line comes next
  bool last_chunk = false;
  Response response;
  std::size_t sent = 0;
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
  void serve(Connection& connection);
  bool receive(Connection& connection);
  bool take_head(Connection& connection);
  bool take_body(Connection& connection);
  bool take_chunked(Connection& connection);
  void consume(Connection& connection, std::size_t size);
  void answer(Connection& connection);
  bool flush(Connection& connection);
  void watch(Connection& connection, bool writable);
  void close(Connection& connection);
  int serve_delayed();

  Options options_;
  Objects objects_;
  SSL_CTX* tls_ = nullptr;
  int epoll_ = -1, listener_ = -1;
  std::uint64_t next_id_ = 0;
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections_;
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
      } else if (const auto found = connections_.find(id); found != connections_.end()) {
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
    if (const auto found = connections_.find(id); found != connections_.end()) {
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
    auto connection = std::make_unique<Connection>(fd, tls_);
    connection->id = next_id_++;
    epoll_event event{.events = EPOLLIN, .data = {.u64 = connection->id}};
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
    connections_.emplace(connection->id, std::move(connection));
    auto& statistics = objects_.statistics;
    ++statistics.connections;
    statistics.peak_connections = std::max(statistics.peak_connections, statistics.connections);
  }
}

void Server::close(Connection& connection) {
  if (connection.counted) --objects_.statistics.connections;
  connections_.erase(connection.id);
}

void Server::watch(Connection& connection, bool writable) {
  if (connection.wants_writable == writable) return;
  connection.wants_writable = writable;
  epoll_event event{.events = writable ? EPOLLIN | EPOLLOUT : EPOLLIN, .data = {.u64 = connection.id}};
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.stream.fd(), &event);
}

// Runs the connection until it has to wait, or is gone.
void Server::serve(Connection& connection) {
  for (;;) {
    switch (connection.state) {
      case State::head:
        if (!take_head(connection) && !receive(connection)) return;
        break;
      case State::body:
        if (take_body(connection)) {
          answer(connection);
        } else if (!receive(connection)) {
          return;
        }
        break;
      case State::sending:
        if (!flush(connection)) return;
        break;
      case State::waiting:
        if (!receive(connection)) return;  // notices a client that went away
        break;
    }
  }
}

// False: nothing more now, or the connection is closed and gone.
bool Server::receive(Connection& connection) {
  ssize_t got = 0;
  if (connection.state == State::body && !connection.keep && connection.left > 0 && connection.input.empty()) {
    got = connection.stream.discard(static_cast<std::size_t>(connection.left));
    if (got > 0) {
      connection.left -= got;
      objects_.statistics.bytes_in += static_cast<std::size_t>(got);
      return true;
    }
  } else {
    static std::array<char, 1 << 18> buffer;
    got = connection.stream.read(buffer.data(), connection.state == State::head ? 1 << 14 : buffer.size());
    if (got > 0) {
      connection.input.append(buffer.data(), static_cast<std::size_t>(got));
      return true;
    }
  }
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  close(connection);
  return false;
}

bool Server::take_head(Connection& connection) {
  const auto end = connection.input.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  auto request = parse_request(std::string_view(connection.input).substr(0, end + 4));
  if (!request) {
    std::fprintf(stderr, "fixed_s3: not HTTP: %.60s\n", connection.input.c_str());
    ::shutdown(connection.stream.fd(), SHUT_RDWR);
    connection.input.clear();
    return false;
  }
  std::string_view method;  // the view must not point into the input
  for (const auto known : {"GET", "PUT", "POST", "HEAD", "DELETE"}) {
    if (request->method == known) method = known;
  }
  request->method = method;
  connection.request = std::move(*request);
  connection.input.erase(0, end + 4);
  connection.keep = Objects::needs_body(connection.request);
  connection.left = connection.request.chunked ? -1 : connection.request.content_length;
  connection.last_chunk = false;
  connection.state = State::body;
  if (connection.request.expect_continue) {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    const iovec piece{const_cast<char*>(kContinue.data()), kContinue.size()};
    connection.stream.write(&piece, 1);
  }
  return true;
}

void Server::consume(Connection& connection, std::size_t size) {
  if (connection.keep) connection.kept.append(connection.input, 0, size);
  connection.input.erase(0, size);
  connection.left -= static_cast<std::int64_t>(size);
  objects_.statistics.bytes_in += size;
}

bool Server::take_body(Connection& connection) {
  if (connection.request.chunked) return take_chunked(connection);
  if (connection.left > 0 && !connection.input.empty()) {
    consume(connection, std::min(connection.input.size(), static_cast<std::size_t>(connection.left)));
  }
  return connection.left == 0;
}

bool Server::take_chunked(Connection& connection) {
  auto& input = connection.input;
  for (;;) {
    if (connection.left > 0) {
      if (input.empty()) return false;
      consume(connection, std::min(input.size(), static_cast<std::size_t>(connection.left)));
      if (connection.left > 0) return false;
    }
    const auto end = input.find("\r\n");  // the line after a chunk is empty, then comes a size, at last trailers
    if (end == std::string::npos) return false;
    if (end == 0 && connection.left == 0 && !connection.last_chunk) {
      connection.left = -1;
    } else if (connection.last_chunk) {
      input.erase(0, end + 2);
      if (end == 0) return true;
      continue;
    } else {
      std::int64_t size = 0;
      std::from_chars(input.data(), input.data() + end, size, 16);
      connection.left = size;
      connection.last_chunk = size == 0;
    }
    input.erase(0, end + 2);
  }
}

void Server::answer(Connection& connection) {
  const bool about_statistics = connection.request.path.starts_with("/_");
  if (about_statistics && connection.counted) {
    connection.counted = false;
    --objects_.statistics.connections;
  }
  connection.response = objects_.answer(connection.request, std::move(connection.kept));
  connection.kept.clear();
  connection.sent = 0;
  connection.state = State::sending;
  if (options_.delay_ms > 0 && !about_statistics) {
    connection.state = State::waiting;
    const auto delay = std::chrono::duration<double, std::milli>(options_.delay_ms);
    delayed_.emplace_back(Clock::now() + std::chrono::duration_cast<Clock::duration>(delay), connection.id);
  }
}

// True once the response is out; false: later, or the connection is closed and gone.
bool Server::flush(Connection& connection) {
  const auto& response = connection.response;
  const auto text = response.fixed.empty() ? std::string_view(response.text) : response.fixed;
  const auto total = response.head.size() + text.size() + response.pattern_size;
  while (connection.sent < total) {
    std::array<iovec, 12> pieces;
    int count = 0;
    auto skip = connection.sent;
    const auto add = [&](const char* data, std::size_t size) {
      if (skip < size) {
        pieces[static_cast<std::size_t>(count++)] = {const_cast<char*>(data) + skip, size - skip};
        skip = 0;
      } else {
        skip -= size;
      }
    };
    add(response.head.data(), response.head.size());
    add(text.data(), text.size());
    for (auto left = response.pattern_size - std::min(skip, response.pattern_size); left > 0 && count < 10;) {
      const auto at = (response.pattern_at + response.pattern_size - left) % kPatternSize;
      const auto size = std::min(left, kPatternSize - at);
      pieces[static_cast<std::size_t>(count++)] = {const_cast<char*>(pattern().data()) + at, size};
      left -= size;
    }
    const auto wrote = connection.stream.write(pieces.data(), count);
    if (wrote < 0) {
      if (errno == EAGAIN) {
        watch(connection, true);
      } else {
        close(connection);
      }
      return false;
    }
    connection.sent += static_cast<std::size_t>(wrote);
    objects_.statistics.bytes_out += static_cast<std::size_t>(wrote);
  }
  if (connection.request.close) {
    close(connection);
    return false;
  }
  watch(connection, false);
  connection.response = {};
  connection.state = State::head;
  return true;
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

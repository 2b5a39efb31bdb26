// The physical limit of an HTTP client on this machine: requests rendered beforehand, nothing parsed but the length.
//   limit_http get|put|list --port N [--size N] [--concurrency N] [--seconds S] [--spin] [--fresh] [--file PATH]
// get with --concurrency 1 is one blocking (or spinning) connection; more use one epoll set.
// --fresh: every body goes into new memory (as a new bytes object must); --file: into a file.
#include "result.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <string>

namespace {

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

int connect_to(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("connect");
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

std::string request_text(const std::string& method, const std::string& target, std::size_t body) {
  std::string text =
      method + " " + target +
      " HTTP/1.1\r\nhost: 127.0.0.1:9000\r\nx-amz-date: 20261003T100000Z\r\nx-amz-content-sha256: UNSIGNED-PAYLOAD\r\n"
      "authorization: AWS4-HMAC-SHA256 Credential=bench/20261003/us-east-1/s3/aws4_request, "
      "SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=" +
      std::string(64, '0') + "\r\n";
  if (method == "PUT") text += "content-length: " + std::to_string(body) + "\r\n";
  return text + "\r\n";
}

struct Connection {
  int fd = -1;
  std::array<char, 16384> head;
  std::size_t filled = 0;  // of head
  std::size_t left = 0;    // of the body
  bool in_body = false;
};

// Takes what `got` bytes at head+filled bring; true when the response is whole. A body's first bytes land in head.
bool take_head(Connection& c, std::size_t got) {
  c.filled += got;
  const std::string_view text(c.head.data(), c.filled);
  const auto end = text.find("\r\n\r\n");
  if (end == std::string_view::npos) return false;
  const auto at = text.find("Content-Length: ");
  std::size_t length = 0;
  std::from_chars(text.data() + at + 16, text.data() + end, length);
  c.left = length - (c.filled - end - 4);
  c.filled = 0;
  c.in_body = c.left > 0;
  return !c.in_body;
}

void send_all(int fd, std::string_view request, std::string_view body) {
  std::array<iovec, 2> pieces{iovec{const_cast<char*>(request.data()), request.size()},
                              iovec{const_cast<char*>(body.data()), body.size()}};
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = body.empty() ? 1 : 2;
  while (pieces[0].iov_len + pieces[1].iov_len > 0) {
    auto sent = static_cast<std::size_t>(std::max<ssize_t>(0, ::sendmsg(fd, &message, MSG_NOSIGNAL)));
    for (auto& piece : pieces) {
      const auto part = std::min(sent, piece.iov_len);
      piece = {static_cast<char*>(piece.iov_base) + part, piece.iov_len - part};
      sent -= part;
    }
  }
}

struct Target {  // where bodies go
  char* memory = nullptr;
  std::size_t size = 0;
  int file = -1;
  bool fresh = false;
};

char* new_memory(std::size_t size) {
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) fail("mmap");
  ::madvise(memory, size, MADV_HUGEPAGE);
  return static_cast<char*>(memory);
}

// One request on one connection, the thread waits (or spins).
int exchange(Connection& c, std::string_view request, std::string_view body, const Target& target, bool spin) {
  send_all(c.fd, request, body);
  const int flags = spin ? MSG_DONTWAIT : 0;
  char* memory = target.fresh ? new_memory(target.size) : target.memory;
  std::size_t at = 0;
  for (;;) {
    char* to = c.in_body ? memory + (target.file >= 0 ? 0 : at) : c.head.data() + c.filled;
    const auto room =
        c.in_body ? std::min(c.left, target.size - (target.file >= 0 ? 0 : at)) : c.head.size() - c.filled;
    const auto got = ::recv(c.fd, to, room, flags);
    if (got < 0 && errno == EAGAIN) continue;
    if (got <= 0) fail("recv");
    if (c.in_body) {
      if (target.file >= 0 && ::pwrite(target.file, to, static_cast<std::size_t>(got), static_cast<off_t>(at)) != got)
        fail("pwrite");
      at += static_cast<std::size_t>(got);
      c.left -= static_cast<std::size_t>(got);
      if (c.left > 0) continue;
      c.in_body = false;
      break;
    }
    if (take_head(c, static_cast<std::size_t>(got))) break;
  }
  if (target.fresh) ::munmap(memory, target.size);
  return 1;
}

// All connections over one epoll set: answers are drained, each whole one is followed by the next request.
class Many {
 public:
  Many(int port, int concurrency, std::string request, std::string_view body, std::size_t size)
      : request_(std::move(request)),
        body_(body),
        size_(size),
        memory_(std::clamp<std::size_t>(size, 1, 1 << 20)),
        connections_(static_cast<std::size_t>(concurrency)) {
    epoll_ = ::epoll_create1(0);
    for (auto& c : connections_) {
      c = std::make_unique<Connection>();
      c->fd = connect_to(port);
      ::fcntl(c->fd, F_SETFL, O_NONBLOCK);
      epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.ptr = c.get()}};
      ::epoll_ctl(epoll_, EPOLL_CTL_ADD, c->fd, &event);
      send_all(c->fd, request_, body_);
    }
  }

  // Returns body bytes: with a few large bodies under way, whole ones would be too coarse a count.
  std::size_t turn() {
    std::array<epoll_event, 256> events{};
    std::size_t done = 0;
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i)
      done += drain(*static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr));
    return done;
  }

 private:
  std::size_t drain(Connection& c) {
    std::size_t done = 0;
    for (;;) {
      const auto got = c.in_body ? ::recv(c.fd, memory_.data(), std::min(c.left, memory_.size()), 0)
                                 : ::recv(c.fd, c.head.data() + c.filled, c.head.size() - c.filled, 0);
      if (got < 0) return done;  // EAGAIN
      bool whole = false;
      if (c.in_body) {
        c.left -= static_cast<std::size_t>(got);
        if (body_.empty()) done += static_cast<std::size_t>(got);
        c.in_body = c.left > 0;
        whole = !c.in_body;
      } else {
        whole = take_head(c, static_cast<std::size_t>(got));
        if (c.in_body || whole) done += size_ - c.left;  // sent at once, or what came with the head
      }
      if (!whole) continue;
      send_all(c.fd, request_, body_);
    }
  }

  std::string request_;
  std::string_view body_;
  std::size_t size_;
  std::vector<char> memory_;
  std::vector<std::unique_ptr<Connection>> connections_;
  int epoll_ = -1;
};

}  // namespace

int main(int count, char** words) {
  using namespace limits;
  const std::string mode = count > 1 ? words[1] : "";
  const int port = std::atoi(option(count, words, "--port", "0"));
  const auto size = static_cast<std::size_t>(std::atoll(option(count, words, "--size", "1024")));
  const int concurrency = std::atoi(option(count, words, "--concurrency", "1"));
  const double seconds = std::atof(option(count, words, "--seconds", "1"));
  const std::string bucket = option(count, words, "--bucket", "/bench/");
  const char* file = option(count, words, "--file", nullptr);
  const std::string body = mode == "put" ? std::string(size, 'x') : "";
  const auto request =
      request_text(mode == "put" ? "PUT" : "GET", bucket + std::to_string(size) + "/limit", body.size());

  if (mode == "list") {
    const int pages = std::atoi(option(count, words, "--pages", "100"));
    Connection c;
    c.fd = connect_to(port);
    Target target{.memory = new_memory(4 << 20), .size = 4 << 20};
    measure(seconds, true, [&] {
      for (int i = 0; i < pages; ++i) {
        exchange(
            c,
            request_text(
                "GET", "/bench?list-type=2&max-keys=1000&prefix=list%2F&continuation-token=" + std::to_string(i * 1000),
                0),
            {}, target, false);
      }
      return pages * 1000;  // entries
    });
  } else if ((mode == "get" || mode == "put") && concurrency > 1) {
    Many many(port, concurrency, request, body, size);
    measure(seconds, false, [&] { return many.turn(); }, static_cast<double>(size));
  } else if (mode == "get" || mode == "put") {
    Connection c;
    c.fd = connect_to(port);
    const auto room = file != nullptr ? std::min<std::size_t>(size, 1 << 20) : std::max<std::size_t>(size, 1);
    Target target{.memory = new_memory(room), .size = room, .fresh = flag(count, words, "--fresh")};
    if (file != nullptr) target.file = ::open(file, O_RDWR | O_CREAT | O_TRUNC, 0600);
    const bool spin = flag(count, words, "--spin");
    measure(seconds, true, [&] { return exchange(c, request, body, target, spin); });
  } else {
    std::fputs(
        "usage: limit_http get|put|list --port N [--size N] [--concurrency N] [--seconds S] [--spin] [--fresh] [--file "
        "PATH]\n",
        stderr);
    return 2;
  }
  return 0;
}

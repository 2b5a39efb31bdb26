// LoopbackHttp: a real, very small HTTP/1.1 server on 127.0.0.1 with a handler in C++, for tests of code that opens its own
// connections. One request a connection; it answers from its own thread until it is destroyed.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace genro::storage::test {

struct FakeRequest {
  std::string method;
  std::string target;
  std::string headers;  ///< all lines, as received
  std::string body;
  /// The value of a header given in lower case, "" when absent.
  std::string header(const std::string& name) const {
    for (std::size_t begin = 0; begin < headers.size();) {
      const std::size_t end = headers.find("\r\n", begin);
      const std::string line = headers.substr(begin, end - begin);
      const std::size_t colon = line.find(':');
      std::string key = line.substr(0, colon);
      for (char& c : key) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      if (colon != std::string::npos && key == name) return line.substr(line.find_first_not_of(' ', colon + 1));
      if (end == std::string::npos) break;
      begin = end + 2;
    }
    return {};
  }
};

struct FakeAnswer {
  int status = 200;
  std::string body;
};

class LoopbackHttp {
 public:
  using Handler = std::function<FakeAnswer(const FakeRequest&)>;

  explicit LoopbackHttp(Handler handler)
      : handler_(std::move(handler)), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 64) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("cannot listen on loopback");
    }
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { serve(); });
  }
  ~LoopbackHttp() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  const std::string& url() const { return url_; }
  std::vector<FakeRequest> requests() {
    std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void serve() {
    for (;;) {
      const int connection = accept(listener_, nullptr, nullptr);
      if (connection < 0) return;
      answer(connection);
      close(connection);
    }
  }

  void answer(int connection) {
    std::string text;
    std::size_t head_end = std::string::npos;
    std::size_t length = 0;
    while (head_end == std::string::npos || text.size() < head_end + 4 + length) {
      char chunk[4096];
      const ssize_t count = recv(connection, chunk, sizeof chunk, 0);
      if (count <= 0) return;
      text.append(chunk, static_cast<std::size_t>(count));
      if (head_end == std::string::npos && (head_end = text.find("\r\n\r\n")) != std::string::npos) {
        const FakeRequest head = parse(text.substr(0, head_end));
        const std::string announced = head.header("content-length");
        length = announced.empty() ? 0 : std::stoul(announced);
      }
    }
    FakeRequest request = parse(text.substr(0, head_end));
    request.body = text.substr(head_end + 4, length);
    const FakeAnswer reply = handler_(request);
    {
      std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    const std::string out = "HTTP/1.1 " + std::to_string(reply.status) +
                            " X\r\nConnection: close\r\nContent-Length: " + std::to_string(reply.body.size()) +
                            "\r\n\r\n" + reply.body;
    send(connection, out.data(), out.size(), MSG_NOSIGNAL);
  }

  static FakeRequest parse(const std::string& head) {
    FakeRequest request;
    const std::size_t first = head.find(' ');
    const std::size_t second = head.find(' ', first + 1);
    request.method = head.substr(0, first);
    request.target = head.substr(first + 1, second - first - 1);
    const std::size_t line_end = head.find("\r\n");
    if (line_end != std::string::npos) request.headers = head.substr(line_end + 2);
    return request;
  }

  Handler handler_;
  int listener_;
  std::string url_;
  std::mutex mutex_;
  std::vector<FakeRequest> requests_;
  std::thread thread_;
};

}  // namespace genro::storage::test

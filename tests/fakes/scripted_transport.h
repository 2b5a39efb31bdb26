// ScriptedTransport: an HttpTransport that answers from a function and keeps what was asked, for tests of clients of HTTP
// that need no network. It never waits.
#pragma once

#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "net/http.h"
#include "net/http_parser.h"

namespace genro::storage::test {

class ScriptedResponse final : public HttpResponse {
 public:
  /// `lines`: the head, "HTTP/1.1 200 OK\nETag: x\n". Content-Length is added from `body` unless it is there.
  /// `together`: the body has come with the head, as small ones do.
  ScriptedResponse(const std::string& lines, std::string body, bool together = false)
      : body_(std::move(body)), together_(together) {
    std::string text;
    for (const char c : lines) {
      if (c == '\n') text += '\r';
      text += c;
    }
    if (lines.find("Content-Length:") == std::string::npos)
      text += "Content-Length: " + std::to_string(body_.size()) + "\r\n";
    text += "\r\n";
    HttpHeadParser parser;
    if (parser.parse(text, head) != text.size()) throw std::invalid_argument("not a head: " + lines);
  }
  std::optional<std::uint64_t> remaining() const noexcept override { return body_.size() - read_; }
  Task<std::size_t> read_into(std::span<std::byte> target) override {
    const std::size_t size = std::min(target.size(), body_.size() - read_);
    std::memcpy(target.data(), body_.data() + read_, size);
    read_ += size;
    co_return size;
  }
  std::optional<Bytes> take_buffered() override {
    if (!together_ || read_ == body_.size()) return std::nullopt;
    return Bytes::copy_of(std::string_view(body_).substr(std::exchange(read_, body_.size())));
  }

 private:
  std::string body_;
  bool together_;
  std::size_t read_ = 0;
};

struct ScriptedAnswer {
  std::string head = "HTTP/1.1 200 OK\n";
  std::string body;
  bool together = false;
};

struct Asked {
  std::string host;
  std::string method;
  std::string target;
  std::string headers;
  std::string body;
  bool has(std::string_view text) const { return headers.find(text) != std::string::npos; }
};

/// What is asked of all transports of one test, in order, and who answers.
struct Script {
  std::vector<Asked> asked;
  std::function<ScriptedAnswer(const Asked&)> answer;
  void keep(const Asked& one) {  // some clients go on in the background
    const std::lock_guard lock(keeping);
    asked.push_back(one);
  }
  std::mutex keeping;
};

class ScriptedTransport final : public HttpTransport {
 public:
  ScriptedTransport(std::shared_ptr<Script> script, std::string host)
      : script_(std::move(script)), host_(std::move(host)) {}
  Task<std::unique_ptr<HttpResponse>> send(HttpRequest request) override {
    const Asked asked{host_, std::string(request.method), request.target, request.headers,
                      request.body.flatten().to_string()};
    script_->keep(asked);
    ScriptedAnswer answer = script_->answer(asked);
    if (asked.method == "HEAD") answer.body.clear();
    co_return std::make_unique<ScriptedResponse>(answer.head, std::move(answer.body), answer.together);
  }
  const std::string& host() const noexcept override { return host_; }

 private:
  std::shared_ptr<Script> script_;
  std::string host_;
};

}  // namespace genro::storage::test

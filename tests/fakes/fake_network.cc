#include "fakes/fake_network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "core/out_of_descriptors.h"
#include "net/ascii.h"

namespace genro::storage::test {

std::string FakeRequest::header(std::string_view name) const {
  for (std::string_view rest = headers; !rest.empty();) {
    const std::size_t end = std::min(rest.find("\r\n"), rest.size());
    const std::string_view line = rest.substr(0, end);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && equal_ignoring_case(line.substr(0, colon), name)) {
      std::string_view value = line.substr(colon + 1);
      value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
      return std::string(value);
    }
    rest.remove_prefix(std::min(end + 2, rest.size()));
  }
  return {};
}

FakeReply FakeReply::http(int status, std::string_view body, std::string_view header_lines) {
  FakeReply reply;
  reply.bytes = "HTTP/1.1 " + std::to_string(status) + " Status\r\n";
  reply.bytes.append(header_lines);
  if (status != 204 && status != 304) reply.bytes.append("Content-Length: " + std::to_string(body.size()) + "\r\n");
  reply.bytes.append("\r\n").append(body);
  return reply;
}

/// One connection: what the client sent so far, and what the server will send when.
class FakeStream final : public Stream {
 public:
  FakeStream(FakeNetwork& network, std::string peer, int descriptor, TimePoint connected_at, int error)
      : network_(network),
        peer_(std::move(peer)),
        descriptor_(descriptor),
        connected_at_(connected_at),
        error_(error) {}
  ~FakeStream() override { network_.streams_.erase(descriptor_); }

  IoStep connect() noexcept override {
    if (now() < connected_at_) return {IoStep::Kind::want_write, 0, 0};
    return error_ ? IoStep{IoStep::Kind::failed, 0, error_} : IoStep{};
  }

  IoStep write(const iovec* pieces, int count) noexcept override {
    if (closed_) return {IoStep::Kind::failed, 0, EPIPE};
    std::size_t total = 0;
    const std::size_t limit = network_.write_limit_ ? network_.write_limit_ : SIZE_MAX;
    for (int i = 0; i < count && total < limit; ++i) {
      const std::size_t size = std::min(pieces[i].iov_len, limit - total);
      received_.append(static_cast<const char*>(pieces[i].iov_base), size);
      total += size;
    }
    serve();
    return {IoStep::Kind::done, total, 0};
  }

  IoStep read(const iovec* pieces, int count) noexcept override {
    std::size_t available = available_now();
    if (available == 0) {
      if (ended())
        return closed_ && reset_ ? IoStep{IoStep::Kind::failed, 0, ECONNRESET} : IoStep{IoStep::Kind::closed, 0, 0};
      return {IoStep::Kind::want_read, 0, 0};
    }
    if (network_.read_limit_) available = std::min(available, network_.read_limit_);
    std::size_t total = 0;
    for (int i = 0; i < count && total < available; ++i) {
      const std::size_t size = std::min(pieces[i].iov_len, available - total);
      std::memcpy(pieces[i].iov_base, reply_.bytes.data() + sent_ + total, size);
      total += size;
    }
    sent_ += total;
    if (sent_ == reply_.bytes.size()) after_reply();
    return {IoStep::Kind::done, total, 0};
  }

  int descriptor() const noexcept override { return descriptor_; }
  bool stale() noexcept override { return (closed_ && !silently_) || available_now() > 0; }

  TimePoint ready_at(Interest interest) const {
    if (interest == Interest::write || now() < connected_at_) return connected_at_;
    if (closed_ && sent_ >= limit()) return now();
    if (!replying_ || sent_ >= limit()) return replying_ && reply_.cut_after != FakeReply::kNone ? now() : kNever;
    if (available_now() > 0) return now();
    return reply_at_ + time_for(sent_ + 1);
  }

  void close_silently() {
    if (replying_ || !received_.empty()) return;
    closed_ = reset_ = silently_ = true;
  }

 private:
  TimePoint now() const noexcept { return network_.clock_.now(); }
  Duration time_for(std::size_t bytes) const {
    return reply_.bytes_per_second > 0 ? seconds(static_cast<double>(bytes) / reply_.bytes_per_second)
                                       : Duration::zero();
  }
  // How much of the reply will ever come.
  std::size_t limit() const { return std::min({reply_.bytes.size(), reply_.cut_after, reply_.stall_after}); }
  std::size_t available_now() const {
    if (!replying_ || now() < reply_at_) return 0;
    std::size_t due = limit();
    if (reply_.bytes_per_second > 0) {
      const double passed = std::chrono::duration<double>(now() - reply_at_).count();
      due = std::min(due, static_cast<std::size_t>(passed * reply_.bytes_per_second + 1e-6));
    }
    return due > sent_ ? due - sent_ : 0;
  }
  bool ended() {
    if (replying_ && now() >= reply_at_ && sent_ >= limit() && reply_.cut_after != FakeReply::kNone &&
        sent_ >= reply_.cut_after) {
      closed_ = true;
      reset_ = reply_.reset;
    }
    return closed_;
  }
  void after_reply() {
    replying_ = false;
    if (reply_.close || reply_.cut_after <= reply_.bytes.size()) {
      closed_ = true;
      reset_ = reply_.reset;
    } else {
      serve();
    }
  }

  // Answers the next whole request in received_.
  void serve() noexcept {
    if (replying_ || closed_) return;
    const std::size_t head = received_.find("\r\n\r\n");
    if (head == std::string::npos) return;
    FakeRequest request;
    const std::size_t line = received_.find("\r\n");
    const std::size_t first = received_.find(' ');
    const std::size_t second = received_.find(' ', first + 1);
    request.method = received_.substr(0, first);
    request.target = received_.substr(first + 1, second - first - 1);
    request.headers = received_.substr(line + 2, head + 2 - line - 2);
    const std::string length = request.header("content-length");
    const std::size_t size = length.empty() ? 0 : std::stoull(length);
    if (received_.size() < head + 4 + size) {
      if (request.header("expect") == "100-continue" && !continued_) {
        continued_ = true;
        reply_ = FakeReply{};
        reply_.bytes = "HTTP/1.1 100 Continue\r\n\r\n";
        begin_reply();
      }
      return;
    }
    continued_ = false;
    request.body = received_.substr(head + 4, size);
    received_.erase(0, head + 4 + size);
    ++network_.requests_;
    const FakeHandler handler = network_.handlers_.at(peer_);
    reply_ = handler(request);
    if (reply_.flip_at < reply_.bytes.size())
      reply_.bytes[reply_.flip_at] = static_cast<char>(reply_.bytes[reply_.flip_at] ^ 1);
    begin_reply();
  }
  void begin_reply() {
    sent_ = 0;
    replying_ = true;
    reply_at_ = now() + reply_.delay;
    if (reply_.bytes.empty()) after_reply();
  }

  FakeNetwork& network_;
  std::string peer_;
  int descriptor_;
  TimePoint connected_at_;
  int error_;
  std::string received_;
  FakeReply reply_;
  TimePoint reply_at_{};
  std::size_t sent_ = 0;
  bool replying_ = false;
  bool continued_ = false;
  bool closed_ = false;
  bool reset_ = false;
  bool silently_ = false;
};

FakeNetwork::~FakeNetwork() = default;

void FakeNetwork::serve(const std::string& host, std::uint16_t port, FakeHandler handler) {
  in_addr raw{};
  if (inet_pton(AF_INET, host.c_str(), &raw) == 1) {
    handlers_[host + ":" + std::to_string(port)] = std::move(handler);
    return;
  }
  Host& name = names_[host];
  if (name.addresses.empty()) name.addresses.push_back("10.0.0." + std::to_string(next_host_++));
  for (const std::string& address : name.addresses) handlers_[address + ":" + std::to_string(port)] = handler;
}

void FakeNetwork::add_address(const std::string& host, const std::string& address) {
  names_[host].addresses.push_back(address);
}

void FakeNetwork::connecting_to(const std::string& address, Duration delay, int error) {
  slow_[address] = {delay, error};
}

void FakeNetwork::close_idle() {
  for (const auto& [descriptor, stream] : streams_) stream->close_silently();
}

std::vector<Address> FakeNetwork::resolve(const std::string& host, std::uint16_t port) {
  const auto found = names_.find(host);
  if (found == names_.end()) throw Error(ErrorCode::connection, "cannot resolve host \"" + host + "\"");
  std::vector<Address> addresses;
  for (const std::string& text : found->second.addresses) {
    Address address{text.find(':') == std::string::npos ? AF_INET : AF_INET6, port,
                    std::string(text.find(':') == std::string::npos ? 4 : 16, '\0')};
    if (inet_pton(address.family, text.c_str(), address.bytes.data()) != 1)
      throw std::logic_error("bad address in a fake network");
    addresses.push_back(std::move(address));
  }
  return addresses;
}

std::unique_ptr<Stream> FakeNetwork::open(const Address& address) {
  if (descriptors_ != 0 && streams_.size() >= descriptors_) {
    throw_without_descriptor(EMFILE, Error(ErrorCode::connection, "cannot open a socket"));
  }
  ++opened_;
  const std::string peer = address.to_string();
  const auto slow = slow_.find(peer.substr(0, peer.rfind(':')));
  const Duration delay = slow == slow_.end() ? connect_delay_ : slow->second.first;
  int error = slow == slow_.end() ? connect_error_ : slow->second.second;
  if (error == 0 && !handlers_.contains(peer)) error = ECONNREFUSED;
  const TimePoint at = delay == Duration::max() ? kNever : clock_.now() + delay;
  auto stream = std::make_unique<FakeStream>(*this, peer, next_descriptor_, at, error);
  streams_[next_descriptor_++] = stream.get();
  return stream;
}

TimePoint FakeNetwork::ready_at(const IoWait& wait) const {
  const auto found = streams_.find(wait.descriptor);
  return found == streams_.end() ? kNever : found->second->ready_at(wait.interest);
}

namespace {

/// Moves the clock to the next thing that happens: a byte, a connection, a timer.
class FakePoller final : public Poller {
 public:
  FakePoller(VirtualClock& clock, FakeNetwork& network) : clock_(clock), network_(network) {}
  bool add(IoWait& wait) override {
    waits_.push_back(&wait);
    return false;
  }
  void remove(IoWait& wait) noexcept override { std::erase(waits_, &wait); }
  void forget(int descriptor) noexcept override {
    std::erase_if(waits_, [descriptor](const IoWait* wait) { return wait->descriptor == descriptor; });
  }
  bool wait(Duration timeout, std::vector<IoWait*>& ready) override {
    TimePoint next = timeout < Duration::zero() ? kNever : clock_.now() + timeout;
    for (const IoWait* wait : waits_) next = std::min(next, network_.ready_at(*wait));
    if (next == kNever) throw std::logic_error("the operation waits for something that can never come");
    if (next > clock_.now()) clock_.advance(next - clock_.now());
    std::erase_if(waits_, [&](IoWait* wait) {
      if (network_.ready_at(*wait) > clock_.now()) return false;
      ready.push_back(wait);
      return true;
    });
    return true;
  }
  void wake() noexcept override {}

 private:
  VirtualClock& clock_;
  FakeNetwork& network_;
  std::vector<IoWait*> waits_;
};

}  // namespace

FakeWorld::FakeWorld(Loop::Kind kind) : loop(kind, clock, std::make_unique<FakePoller>(clock, network)) {}

FakeWorld::~FakeWorld() {
  Loop::Drive driving(loop);
  try {
    for (;;) loop.run_once();
  } catch (const std::logic_error&) {
  }
}

}  // namespace genro::storage::test

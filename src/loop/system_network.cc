#include "loop/system_network.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "core/mutex.h"
#include "core/out_of_descriptors.h"
#include "genro/storage/error.h"
#include "loop/system_call.h"

namespace genro::storage {
namespace {

union SocketAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

socklen_t fill(const Address& address, SocketAddress& out) noexcept {
  std::memset(&out, 0, sizeof out);
  if (address.family == AF_INET) {
    out.v4.sin_family = AF_INET;
    out.v4.sin_port = htons(address.port);
    std::memcpy(&out.v4.sin_addr, address.bytes.data(), sizeof out.v4.sin_addr);
    return sizeof out.v4;
  }
  out.v6.sin6_family = AF_INET6;
  out.v6.sin6_port = htons(address.port);
  std::memcpy(&out.v6.sin6_addr, address.bytes.data(), sizeof out.v6.sin6_addr);
  return sizeof out.v6;
}

class SocketStream final : public Stream {
 public:
  explicit SocketStream(int descriptor) noexcept : descriptor_(descriptor) {}
  ~SocketStream() override { ::close(descriptor_); }

  IoStep read(const iovec* pieces, int count) noexcept override {
    msghdr message = message_of(pieces, count);
    const ssize_t size = retried([&] {
      return count == 1 ? ::recv(descriptor_, pieces[0].iov_base, pieces[0].iov_len, 0)
                        : ::recvmsg(descriptor_, &message, 0);
    });
    if (size > 0) return {IoStep::Kind::done, static_cast<std::size_t>(size), 0};
    if (size == 0) return {IoStep::Kind::closed, 0, 0};
    return blocked(IoStep::Kind::want_read);
  }

  IoStep write(const iovec* pieces, int count) noexcept override {
    const msghdr message = message_of(pieces, count);
    const ssize_t size = retried([&] {
      return count == 1 ? ::send(descriptor_, pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL)
                        : ::sendmsg(descriptor_, &message, MSG_NOSIGNAL);
    });
    if (size >= 0) return {IoStep::Kind::done, static_cast<std::size_t>(size), 0};
    return blocked(IoStep::Kind::want_write);
  }

  IoStep connect() noexcept override {
    if (connected_) return {};
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    if (error != 0) return {IoStep::Kind::failed, 0, error};
    // No error yet: connected, or still connecting. Only a connected socket has a peer.
    SocketAddress peer;
    socklen_t peer_size = sizeof peer;
    if (::getpeername(descriptor_, &peer.any, &peer_size) != 0) {
      return errno == ENOTCONN ? IoStep{IoStep::Kind::want_write, 0, 0} : IoStep{IoStep::Kind::failed, 0, errno};
    }
    connected_ = true;
    return {};
  }

  int descriptor() const noexcept override { return descriptor_; }

  bool stale() noexcept override {
    char byte;
    const ssize_t size = ::recv(descriptor_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return size >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
  }

  void begin(const Address& address) {
    const int one = 1;
    ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    ::setsockopt(descriptor_, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
#ifdef TCP_KEEPIDLE
    const int idle = 60;
    const int interval = 15;
    ::setsockopt(descriptor_, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    ::setsockopt(descriptor_, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
#endif
    SocketAddress target;
    const socklen_t size = fill(address, target);
    if (::connect(descriptor_, &target.any, size) == 0) {
      connected_ = true;
    } else if (errno != EINPROGRESS && errno != EINTR) {
      throw Error(ErrorCode::connection, "cannot connect to " + address.to_string() + ": " + std::strerror(errno));
    }
  }

 private:
  static msghdr message_of(const iovec* pieces, int count) noexcept {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pieces);
    message.msg_iovlen = static_cast<std::size_t>(count);
    return message;
  }
  static IoStep blocked(IoStep::Kind want) noexcept {
    if (errno == EAGAIN || errno == EWOULDBLOCK) return {want, 0, 0};
    return {IoStep::Kind::failed, 0, errno};
  }

  int descriptor_;
  bool connected_ = false;
};

/// EMFILE or ENFILE when there is none left: the resolver, which needs some, then says whatever it likes. Else 0.
int lacks_descriptors() noexcept {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
  if (probe < 0) return errno;
  ::close(probe);
  return 0;
}

class SystemNetwork final : public Network {
 public:
  std::vector<Address> resolve(const std::string& host, std::uint16_t port) override {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* found = nullptr;
    int status = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
    if (status == EAI_NONAME || status == EAI_ADDRFAMILY) {
      // Without a configured address AI_ADDRCONFIG hides even ::1 and 127.0.0.1.
      hints.ai_flags = 0;
      status = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
    }
    if (status != 0) {
      const char* reason = status == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(status);
      throw_without_descriptor(lacks_descriptors(),
                               Error(ErrorCode::connection, "cannot resolve host \"" + host + "\": " + reason));
    }
    std::vector<Address> addresses;
    for (const addrinfo* item = found; item; item = item->ai_next) {
      Address address;
      address.family = item->ai_family;
      address.port = port;
      SocketAddress raw;
      if (item->ai_addrlen > sizeof raw) continue;
      std::memcpy(&raw, item->ai_addr, item->ai_addrlen);
      if (item->ai_family == AF_INET) {
        address.bytes.assign(reinterpret_cast<const char*>(&raw.v4.sin_addr), sizeof raw.v4.sin_addr);
      } else if (item->ai_family == AF_INET6) {
        address.bytes.assign(reinterpret_cast<const char*>(&raw.v6.sin6_addr), sizeof raw.v6.sin6_addr);
      } else {
        continue;
      }
      addresses.push_back(std::move(address));
    }
    ::freeaddrinfo(found);
    if (addresses.empty()) throw Error(ErrorCode::connection, "host \"" + host + "\" has no address");
    return addresses;
  }

  std::unique_ptr<Stream> open(const Address& address) override {
    const int descriptor = ::socket(address.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (descriptor < 0) {
      const int error = errno;
      throw_without_descriptor(
          error, Error(ErrorCode::connection, std::string("cannot open a socket: ") + std::strerror(error)));
    }
    auto stream = std::make_unique<SocketStream>(descriptor);
    stream->begin(address);
    return stream;
  }
};

}  // namespace

Network& system_network() noexcept {
  static constinit Lasting<SystemNetwork> network;
  return network.get();
}

}  // namespace genro::storage

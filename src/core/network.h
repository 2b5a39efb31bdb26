// Network: name resolution and byte streams, the fourth part of Env. The system's form stands in loop/system_network.cc;
// tests put a server of their own behind it. Streams never block: they say what to wait for.
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"

namespace genro::storage {

struct Address {
  int family = 0;  ///< AF_INET or AF_INET6
  std::uint16_t port = 0;
  std::string bytes;              ///< 4 or 16 bytes, network order
  std::string to_string() const;  ///< "127.0.0.1:9000", "[::1]:9000"
};

/// Outcome of one non-blocking step.
struct IoStep {
  enum class Kind : unsigned char { done, want_read, want_write, closed, failed };
  Kind kind = Kind::done;
  std::size_t size = 0;  ///< bytes moved, for done (> 0)
  int error = 0;         ///< errno, for failed
};

/// A connected (or connecting) byte stream: TCP, TLS over it, or a test's.
class Stream {
 public:
  virtual ~Stream() = default;  ///< Closes.
  virtual IoStep read(const iovec* pieces, int count) noexcept = 0;
  virtual IoStep write(const iovec* pieces, int count) noexcept = 0;
  /// Finishes connecting (and the TLS handshake): done, want_…, or failed.
  virtual IoStep connect() noexcept = 0;
  /// What to wait on; -1: never becomes ready by itself (a test's stalled stream).
  virtual int descriptor() const noexcept = 0;
  /// Whether the peer closed or sent something nobody asked for: such an idle connection must not be used again.
  virtual bool stale() noexcept = 0;
  virtual std::string failure() const { return {}; }  ///< Text for the last failed step beyond errno (TLS), else "".
  virtual bool certificate_failure() const { return false; }
};

class Network {
 public:
  virtual ~Network() = default;
  /// Blocking: for a helper thread. Throws connection when the name has no address.
  virtual std::vector<Address> resolve(const std::string& host, std::uint16_t port) = 0;
  virtual bool blocks() const noexcept { return true; }  ///< Whether resolve() may take long; a test's answers at once.
  /// Begins to connect, without waiting. Throws connection when not even that works.
  virtual std::unique_ptr<Stream> open(const Address& address) = 0;
};

}  // namespace genro::storage

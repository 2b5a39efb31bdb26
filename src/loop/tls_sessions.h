// TlsSessions: sessions that servers gave, kept per "host:port" until a new connection resumes one. Used by tls.cc only.
// Thread-safe. A ticket of TLS 1.3 is given out once; a session of TLS 1.2 may serve many connections.
#pragma once

#include <openssl/ssl.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/mutex.h"

namespace genro::storage {

struct TlsSessionFree {
  void operator()(SSL_SESSION* session) const noexcept { SSL_SESSION_free(session); }
};
using TlsSession = std::unique_ptr<SSL_SESSION, TlsSessionFree>;

class TlsSessions {
 public:
  void keep(const std::string& server, TlsSession session);
  /// The newest, or null.
  TlsSession take(const std::string& server);

 private:
  Mutex mutex_;
  std::map<std::string, std::vector<TlsSession>> kept_;  // newest last
};

}  // namespace genro::storage

// open_connection(): a new connection to an endpoint, through its proxy and with TLS over it where they are wanted.
// Used by the pool. What it is given must live until the task is done.
#pragma once

#include <memory>

#include "core/env.h"
#include "net/http_connection.h"
#include "net/proxy.h"
#include "net/uri.h"

namespace genro::storage {

struct ConnectionTarget {
  Env& env;
  const HttpEndpoint& endpoint;
  const Proxy& proxy;
  TlsContext* tls;           ///< null: without
  const std::string& peer;   ///< For messages: names the endpoint, and the proxy if there is one.
  Duration connect_timeout;  ///< For all of it together.
};

/// On the operation's loop. Throws connection, tls, timeout, unauthenticated (by the proxy), protocol.
Task<std::unique_ptr<HttpConnection>> open_connection(ConnectionTarget target);

}  // namespace genro::storage

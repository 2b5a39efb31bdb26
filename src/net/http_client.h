// HttpClient: HttpTransport over HTTP/1.1 for one endpoint. Clients of the same endpoint, options and Env share one
// pool of connections. Thread-safe; usable from any driver. It never retries but over a kept connection that proves dead.
#pragma once

#include <memory>

#include "core/env.h"
#include "net/http.h"
#include "net/uri.h"

namespace genro::storage {

/// The real transport. `env` must outlive it and all its responses. Throws config for a CA file that cannot be read.
std::shared_ptr<HttpTransport> make_http_client(Env& env, HttpEndpoint endpoint, HttpOptions options = {});

/// The same without making a reactor wait for the disk: the first client of some TLS options reads certificates.
Task<std::shared_ptr<HttpTransport>> open_http_client(Env& env, HttpEndpoint endpoint, HttpOptions options);

}  // namespace genro::storage

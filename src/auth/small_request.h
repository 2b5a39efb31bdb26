// small_request: one HTTP exchange with a service that hands out credentials; the answer is a short document.
// Used by the credential sources. Never put its answer into a message: it holds secrets.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/env.h"
#include "net/http.h"

namespace genro::storage {

struct SmallRequest {
  std::string_view method = "GET";  ///< a literal
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  Duration timeout = std::chrono::seconds(10);  ///< each of: connecting, first byte, inactivity
  TlsOptions tls;
  bool skip_proxy = false;  ///< on this machine or its host: never through a proxy
};

struct SmallAnswer {
  int status = 0;
  std::string text;
  bool ok() const noexcept { return status >= 200 && status < 300; }
};

/// Any status is an answer. Throws what the transport throws, and protocol for an answer above 1 MiB.
Task<SmallAnswer> small_request(Env& env, SmallRequest request);

}  // namespace genro::storage

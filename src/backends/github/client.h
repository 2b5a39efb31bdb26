// The client of one repository's REST API: requests, errors in words, and rate limits: while GitHub said to wait, nothing is
// sent, since who goes on asking is shut out for longer. Used by the github backend. Thread-safe.
// https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
#pragma once

#include <string>
#include <string_view>

#include "backend/http/object_client.h"
#include "backend/http/rate_limit.h"
#include "backends/github/config.h"

namespace genro::storage::github {

class Client final : public HttpObjectClient {
 public:
  /// The API, or the host that has the files of commits as they are, by their paths ("/<commit>/<path>").
  enum class Host : unsigned char { api, raw };
  /// `make_transport`: for tests; the network follows redirects, as renamed repositories need.
  Client(Config config, Env& env, TransportFactory make_transport = {}, Host host = Host::api);
  const Config& config() const noexcept { return config_; }

  /// Of something below the repository: "/git/trees/…", already encoded; "" is the repository itself.
  HttpRequest request(std::string_view below) const;
  /// The same for a content as it is.
  HttpRequest raw_request(std::string_view below) const;

 private:
  HttpRequest request_as(std::string_view below, std::string_view media_type) const;
  bool authorize(HttpRequest& request, Attempt& attempt) override;
  void check_path(std::string_view operation, std::string_view path) const override;
  Error decode_error(const Failure& failure, std::string_view path) const override;
  Error limit_error(const RateLimit& limit, std::string_view words) const;

  const Config config_;
  const Host host_;
  const std::string root_;    // of all targets
  mutable RateGate limited_;  // closed when a failure is read, which is a const step of sending
};

}  // namespace genro::storage::github

// The client of one repository's REST API: requests, errors in words, and rate limits: while GitHub said to wait, nothing is
// sent, since who goes on asking is shut out for longer. Used by the github backend. Thread-safe.
// https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "backend/http/object_client.h"
#include "backends/github/config.h"

namespace genro::storage::github {

class Client final : public HttpObjectClient {
 public:
  /// `make_transport`: for tests; the network follows redirects, as renamed repositories need.
  Client(Config config, Env& env, TransportFactory make_transport = {});
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
  Error limit_error(const HttpHead& head, std::string_view words, double wait) const;

  const Config config_;
  const std::string root_;  // of all targets
  // Written when a failure is read, which is a const step of sending.
  mutable std::atomic<std::int64_t> closed_until_ns_{0};  // by the wall clock
};

}  // namespace genro::storage::github

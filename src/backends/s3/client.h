// Client: what is S3's own in sending a request (backend/http/object_client.h has the rest): its signature, the region that a
// bucket turns out to lie in, and the checksum headers that some servers do not know.
// Used by the S3 backend. Thread-safe.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "backend/http/object_client.h"
#include "backends/s3/config.h"
#include "backends/s3/pages.h"
#include "backends/s3/signer.h"
#include "core/env.h"

namespace genro::storage::s3 {

class Client final : public HttpObjectClient {
 public:
  // `credentials` null signs nothing.
  Client(Config config, Env& env, std::shared_ptr<CredentialsProvider> credentials,
         TransportFactory make_transport = {});

  const Config& config() const noexcept { return config_; }
  const std::string& base() const noexcept { return base_; }
  bool md5() const noexcept { return md5_; }

  // The algorithm for what is stored now: none once the server has refused the configured one.
  ChecksumAlgorithm checksum() const noexcept;

  // An URL that anybody may use for `expires_in` seconds; unsigned for a client without credentials. Waits for
  // credentials when none are at hand.
  Task<std::string> presigned_url(std::string_view method, std::string key, sigv4::Parameters parameters,
                                  std::int64_t expires_in);

 private:
  static constexpr unsigned kRegion = kOwnRecoveries, kProbe = kOwnRecoveries << 1;
  static constexpr unsigned kChecksumRefused = kOwnRecoveries << 2, kChecksumDropped = kOwnRecoveries << 3;

  void check_path(std::string_view operation, std::string_view path) const override;
  bool authorize(HttpRequest& request, Attempt& attempt) override;
  Task<void> authorize_later(HttpRequest* request, Attempt* attempt) override;
  std::shared_ptr<const void> parse_failure(const Bytes& body) const override;
  Error decode_error(const Failure& failure, std::string_view path) const override;
  std::optional<Error> error_in_success(const Document& document) const override;
  Task<bool> recover(Failure* failure, HttpRequest* request, Attempt* attempt) override;
  bool signs() const noexcept override { return signer_.provider() != nullptr; }
  bool means_stale_credentials(const Failure& failure) const override;
  Task<bool> refresh_credentials(Attempt* attempt) override;
  void succeeded(const HttpRequest& request, const Attempt& attempt) noexcept override;

  void sign(HttpRequest& request, const Attempt& attempt);
  std::shared_ptr<const Route> route_to(std::string region) const;
  Task<std::string> probe(Failure* failure, Attempt* attempt);
  bool recover_region(const Failure& failure, std::string region, Attempt& attempt);
  bool recover_checksum(const Failure& failure, HttpRequest& request, Attempt& attempt) const;

  Config config_;
  Signer signer_;
  std::string base_;
  bool md5_;
  std::atomic<bool> checksum_refused_{false};
  std::atomic<bool> checksum_taken_{false};
};

}  // namespace genro::storage::s3

// Client: what is Google Cloud Storage's own in sending a request (backend/http/object_client.h has the rest): its token, and
// what its failures mean. Used by the gcs backend. Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "auth/google/credentials.h"
#include "auth/google/signed_url.h"
#include "backend/http/object_client.h"
#include "backends/gcs/config.h"
#include "backends/gcs/requests.h"
#include "backends/gcs/unclear.h"

namespace genro::storage::gcs {

class Client final : public HttpObjectClient {
 public:
  // `credentials` null: nobody.
  Client(Config config, Env& env, std::shared_ptr<GoogleCredentials> credentials, TransportFactory make_transport = {});

  const Config& config() const noexcept { return config_; }
  const Requests& requests() const noexcept { return requests_; }
  UnclearChanges& unclear() noexcept { return unclear_; }

  // A link signed by the HMAC key or that of the account; unsigned for nobody. `path` is for errors.
  Task<std::string> signed_link(goog4::Link link, std::string path);
  // The failure that an answer is whose status counts as one. For those that are looked at by the backend itself.
  Error error_of_answer(const HttpHead& head, std::string_view body) const;
  // Whether a 404 is about the bucket, not about the object.
  static bool bucket_is_missing(std::string_view body);

 private:
  void check_path(std::string_view operation, std::string_view path) const override;
  bool authorize(HttpRequest& request, Attempt& attempt) override;
  Task<void> authorize_later(HttpRequest* request, Attempt* attempt) override;
  Error decode_error(const Failure& failure, std::string_view path) const override;
  bool signs() const noexcept override { return credentials_ != nullptr; }
  bool means_stale_credentials(const Failure& failure) const override { return failure.head.status == 401; }
  Task<bool> refresh_credentials(Attempt* attempt) override;

  void add_token(HttpRequest& request, const GoogleToken& token) const;

  const Config config_;
  const Requests requests_;
  UnclearChanges unclear_;
  std::shared_ptr<GoogleCredentials> credentials_;
};

// The error of a failure by its reason, else by its status.
Error error_of(const HttpHead& head, std::string_view body, std::int64_t wall_ns);

}  // namespace genro::storage::gcs

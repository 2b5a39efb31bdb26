// Signer: signs S3 requests and addresses with the credentials of one provider, at the server's time as far as that is known.
// Used by Client, which decides when to wait for credentials. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "auth/aws/credentials.h"
#include "auth/aws/sigv4.h"
#include "core/clock.h"
#include "net/http.h"

namespace genro::storage::s3 {

// Where a request goes, as its signature has to say it. Views: as long as the call.
struct SignedFor {
  std::string_view region;
  std::string_view host;
};

class Signer {
 public:
  // `provider` null: nothing is signed. With `whole_bodies` the hash of a body is signed, too.
  Signer(Clock& clock, std::shared_ptr<CredentialsProvider> provider, bool whole_bodies)
      : clock_(clock), provider_(std::move(provider)), whole_bodies_(whole_bodies) {}

  CredentialsProvider* provider() const noexcept { return provider_.get(); }
  // The server's time, nanoseconds since 1970.
  std::int64_t wall_ns() const noexcept { return clock_.wall_ns() + skew_ns_.load(std::memory_order_relaxed); }
  // From an answer whose date is so far off ours that it explains a refusal. False when it is not.
  bool set_clock_by(const HttpHead& head);

  // Whether the signature needs the hash of a body that lies in a file: payload_hash() of it, for sign().
  bool hashes_file(const HttpRequest& request) const noexcept { return whole_bodies_ && request.body.is_file(); }
  // Appends the signature's lines to those that the request has. `file_hash`: "" unless hashes_file().
  void sign(HttpRequest& request, SignedFor where, const Credentials& credentials, std::string_view file_hash);
  std::string presigned_query(std::string_view method, const std::string& path, SignedFor where,
                              const Credentials& credentials, sigv4::Parameters parameters, std::int64_t expires_in);

 private:
  sigv4::Timestamp now() const noexcept;

  Clock& clock_;
  std::shared_ptr<CredentialsProvider> provider_;
  bool whole_bodies_;
  sigv4::SigningKeyCache keys_;
  std::atomic<std::int64_t> skew_ns_{0};
};

}  // namespace genro::storage::s3

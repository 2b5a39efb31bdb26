// Signer: signs S3 requests and addresses with the credentials of one provider, at the server's time.
// Used by Client, which decides when to wait for credentials. Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "auth/aws/credentials.h"
#include "auth/aws/sigv4.h"
#include "backend/http/server_clock.h"
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
  Signer(const ServerClock& clock, std::shared_ptr<CredentialsProvider> provider, bool whole_bodies)
      : clock_(clock), provider_(std::move(provider)), whole_bodies_(whole_bodies) {}

  CredentialsProvider* provider() const noexcept { return provider_.get(); }

  // Whether the signature needs the hash of a body that lies in a file: payload_hash() of it, for sign().
  bool hashes_file(const HttpRequest& request) const noexcept { return whole_bodies_ && request.body.is_file(); }
  // Appends the signature's lines to those that the request has. `file_hash`: "" unless hashes_file().
  void sign(HttpRequest& request, SignedFor where, const Credentials& credentials, std::string_view file_hash);
  std::string presigned_query(std::string_view method, const std::string& path, SignedFor where,
                              const Credentials& credentials, sigv4::Parameters parameters, std::int64_t expires_in);

 private:
  sigv4::Timestamp now() const noexcept;

  const ServerClock& clock_;
  std::shared_ptr<CredentialsProvider> provider_;
  bool whole_bodies_;
  sigv4::SigningKeyCache keys_;
};

}  // namespace genro::storage::s3

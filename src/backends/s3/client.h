// Client: signs S3 requests, sends them, and repairs at once what makes a request fail for reasons of its own: the wrong
// region, a clock that is wrong, credentials that have expired, a checksum header that the server does not know. Each is
// repaired at most once a request; all else is thrown as Error.
// Used by the S3 backend. Thread-safe. It never retries what failed for the moment: that is the retry layer's.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "backends/s3/config.h"
#include "backends/s3/pages.h"
#include "backends/s3/signer.h"
#include "core/env.h"
#include "core/mutex.h"
#include "net/http.h"

namespace genro::storage::s3 {

using TransportFactory = std::function<std::shared_ptr<HttpTransport>(const HttpEndpoint&, const HttpOptions&)>;

// What a request is for. The views must live as long as the task.
struct Call {
  std::string_view operation;     // for errors: "read"
  std::string_view path;          // for errors: the mount's path
  bool absent_is_answer = false;  // a 404 is a response, not an error
};

class Client {
 public:
  // `credentials` null signs nothing.
  Client(Config config, Env& env, std::shared_ptr<CredentialsProvider> credentials,
         TransportFactory make_transport = {});

  const Config& config() const noexcept { return config_; }
  const std::string& base() const noexcept { return base_; }
  bool md5() const noexcept { return md5_; }
  std::int64_t wall_ns() const noexcept { return signer_.wall_ns(); }

  // The algorithm for what is stored now: none once the server has refused the configured one.
  ChecksumAlgorithm checksum() const noexcept;

  // The response to a success (2xx), or to a 404 where that is an answer. Its body is not read yet.
  Task<std::unique_ptr<HttpResponse>> send(HttpRequest request, Call call);

  struct Document {
    HttpHead head;
    Bytes body;
  };
  // The same with the whole body, for XML. A success whose body is an error document is an error, too: some operations
  // answer 200 before they know how they end.
  Task<Document> document(HttpRequest request, Call call);

  // An URL that anybody may use for `expires_in` seconds; unsigned for a client without credentials. Waits for
  // credentials when none are at hand.
  Task<std::string> presigned_url(std::string_view method, std::string key, sigv4::Parameters parameters,
                                  std::int64_t expires_in);

 private:
  struct Route {
    std::string region;
    HttpEndpoint endpoint;
    std::shared_ptr<HttpTransport> transport;
    SignedFor signed_for() const noexcept { return {region, transport->host()}; }
  };
  struct Failure {
    HttpHead head;
    ErrorDocument document;
  };
  struct Attempt;

  std::shared_ptr<const Route> route() const;
  std::shared_ptr<const Route> make_route(std::string region) const;
  // The pointers are to what lives in send()'s own frame.
  bool sign_now(HttpRequest& request, Attempt& attempt);
  Task<void> sign_later(HttpRequest* request, Attempt* attempt);
  Task<Failure> read_failure(std::unique_ptr<HttpResponse> response);
  Task<Failure> probe(Failure failure, Attempt* attempt);
  Task<bool> repair(Failure* failure, HttpRequest* request, Attempt* attempt);
  Task<bool> repair_credentials(Attempt* attempt);
  bool repair_region(const Failure& failure, Attempt& attempt);
  bool repair_checksum(const Failure& failure, HttpRequest& request, Attempt& attempt) const;
  void learn_of_checksums(const HttpRequest& request, const Attempt& attempt);

  Config config_;
  Signer signer_;
  TransportFactory make_transport_;
  std::string base_;
  bool md5_;
  std::atomic<bool> checksum_refused_{false};
  std::atomic<bool> checksum_taken_{false};
  mutable Mutex mutex_;  // guards route_
  std::shared_ptr<const Route> route_;
};

}  // namespace genro::storage::s3

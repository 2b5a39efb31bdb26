#include "backends/s3/client.h"

#include <cstdlib>
#include <utility>

#include "backend/body_bytes.h"
#include "backends/s3/error.h"
#include "backends/s3/requests.h"
#include "codec/digest.h"
#include "codec/hex.h"
#include "codec/xml_reader.h"
#include "genro/storage/error.h"
#include "net/http_client.h"

namespace genro::storage::s3 {
namespace {

constexpr std::string_view kDefaultRegion = "us-east-1";
constexpr std::size_t kErrorLimit = std::size_t{1} << 20;
constexpr std::size_t kDocumentLimit = std::size_t{64} << 20;

// What the answer to a GET ?location says: a region, or "" for the oldest one.
std::string location_of(std::string_view document) {
  XmlReader xml(document);
  while (true) {
    const XmlReader::Event event = xml.next();
    if (event == XmlReader::Event::end || event == XmlReader::Event::broken) return {};
    if (event != XmlReader::Event::close || xml.name() != "LocationConstraint") continue;
    const std::string region = xml.text();
    return region.empty() ? std::string(kDefaultRegion) : region == "EU" ? "eu-west-1" : region;
  }
}

/// As sigv4::payload_hash(), of a file.
Task<std::string> payload_hash_of(Body body) {
  constexpr std::size_t kChunk = std::size_t{1} << 18;
  const FileSpan& file = body.file();
  Sha256 digest;
  BytesBuffer buffer(kChunk);
  for (std::uint64_t offset = 0; offset < file.size;) {
    Task<std::size_t> reading = read_chunk(file, offset, buffer.span());
    const std::size_t count = co_await reading;
    digest.update(buffer.span().first(count));
    offset += count;
  }
  const Sha256::Value value = digest.finish();
  co_return hex_encode(value);
}

}  // namespace

// What has been repaired for one request; each kind of repair has one go.
struct Client::Attempt {
  std::shared_ptr<const Route> route;
  std::shared_ptr<const Credentials> credentials;
  std::string file_hash;  // of a body in a file, where it is to be signed
  bool region_tried = false;
  bool clock_tried = false;
  bool credentials_tried = false;
  int checksum_refusals = 0;
  bool probed = false;
};

Client::Client(Config config, Env& env, std::shared_ptr<CredentialsProvider> credentials,
               TransportFactory make_transport)
    : config_(std::move(config)),
      signer_(*env.clock, std::move(credentials), config_.sign_payload),
      make_transport_(std::move(make_transport)),
      md5_(etags_are_md5(config_)) {
  if (!make_transport_) {
    make_transport_ = [&env](const HttpEndpoint& endpoint, const HttpOptions& options) {
      return make_http_client(env, endpoint, options);
    };
  }
  const std::string region = config_.region.empty() ? std::string(kDefaultRegion) : config_.region;
  base_ = address_of(config_, region).base;
  route_ = make_route(region);
}

ChecksumAlgorithm Client::checksum() const noexcept {
  return checksum_refused_.load(std::memory_order_relaxed) ? ChecksumAlgorithm::none : config_.checksum;
}

std::shared_ptr<const Client::Route> Client::route() const {
  const std::lock_guard lock(mutex_);
  return route_;
}

std::shared_ptr<const Client::Route> Client::make_route(std::string region) const {
  HttpEndpoint endpoint = address_of(config_, region).endpoint;
  std::shared_ptr<HttpTransport> transport = make_transport_(endpoint, config_.http);
  return std::make_shared<const Route>(Route{std::move(region), std::move(endpoint), std::move(transport)});
}

// Where it goes and who signs it. False when credentials have to be waited for: then sign_later() does the rest.
bool Client::sign_now(HttpRequest& request, Attempt& attempt) {
  attempt.route = route();
  if (!signer_.provider()) return true;
  attempt.credentials = signer_.provider()->cached();
  if (attempt.credentials) {
    signer_.sign(request, attempt.route->signed_for(), *attempt.credentials, attempt.file_hash);
  }
  return attempt.credentials != nullptr;
}

Task<void> Client::sign_later(HttpRequest* request, Attempt* attempt) {
  Task<std::shared_ptr<const Credentials>> fetching = signer_.provider()->get();
  attempt->credentials = co_await fetching;
  signer_.sign(*request, attempt->route->signed_for(), *attempt->credentials, attempt->file_hash);
}

Task<Client::Failure> Client::read_failure(std::unique_ptr<HttpResponse> response) {
  Failure failure;
  Task<Bytes> reading = response->read_all(kErrorLimit);
  Result<Bytes> body = co_await reading.as_result();
  // An error document that did not arrive is no reason to hide the status.
  if (body.ok()) failure.document = parse_error(body.value().view());
  failure.head = std::move(response->head);
  co_return failure;
}

// A failed HEAD has no body to say why. The answer to another small question of the same kind does.
Task<Client::Failure> Client::probe(Failure failure, Attempt* attempt) {
  HttpRequest question = bucket_location(base_);
  if (!sign_now(question, *attempt)) {
    Task<void> signing = sign_later(&question, attempt);
    co_await signing;
  }
  Task<std::unique_ptr<HttpResponse>> asking = attempt->route->transport->send(std::move(question));
  std::unique_ptr<HttpResponse> response = co_await asking;
  if (response->head.ok()) {
    Task<Bytes> reading = response->read_all(kErrorLimit);
    const Bytes body = co_await reading;
    failure.document.region = location_of(body.view());
    co_return failure;
  }
  Task<Failure> reading = read_failure(std::move(response));
  Failure other = co_await reading;
  failure.document = std::move(other.document);
  if (failure.document.region.empty()) failure.document.region = other.head.find("x-amz-bucket-region");
  co_return failure;
}

bool Client::repair_region(const Failure& failure, Attempt& attempt) {
  std::string region(failure.head.find("x-amz-bucket-region"));
  if (region.empty()) region = failure.document.region;
  if (region.empty() || region == attempt.route->region || attempt.region_tried) return false;
  for (const char c : region) {
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
      return false;  // it becomes a part of a host name
  }
  attempt.region_tried = true;
  if (route()->region == region) return true;  // another request found it meanwhile
  std::shared_ptr<const Route> better = make_route(std::move(region));
  const std::lock_guard lock(mutex_);
  route_ = std::move(better);
  return true;
}

// Fresh credentials, when the provider has others than those that were refused.
Task<bool> Client::repair_credentials(Attempt* attempt) {
  attempt->credentials_tried = true;
  signer_.provider()->invalidate(attempt->credentials);
  Task<std::shared_ptr<const Credentials>> fetching = signer_.provider()->get();
  const std::shared_ptr<const Credentials> fresh = co_await fetching;
  co_return fresh != attempt->credentials;
}

constexpr int kMostRefusals = 2;  // of one request, for the sake of its checksum

// A server refuses a header that it does not know each time, and a request that was spoilt on its way once only: so it is
// asked again as it is first. One that has taken a checksum knows them: then the refusal means something else.
bool Client::repair_checksum(const Failure& failure, HttpRequest& request, Attempt& attempt) const {
  if (!config_.checksum_may_fall || config_.endpoint_url.empty() || attempt.checksum_refusals == kMostRefusals ||
      checksum_taken_.load(std::memory_order_relaxed)) {
    return false;
  }
  if (request.headers.find("x-amz-checksum-") == std::string::npos) return false;
  if (!means_unknown_checksum(failure.head, failure.document)) return false;
  if (++attempt.checksum_refusals == kMostRefusals) strip_checksums(request);
  return true;
}

// After a success: what it shows of the server's knowledge of checksums.
void Client::learn_of_checksums(const HttpRequest& request, const Attempt& attempt) {
  if (checksum_taken_.load(std::memory_order_relaxed)) return;
  if (attempt.checksum_refusals == kMostRefusals) {
    checksum_refused_.store(true, std::memory_order_relaxed);
  } else if (request.method != "GET" && request.headers.find("x-amz-checksum-") != std::string::npos) {
    checksum_taken_.store(true, std::memory_order_relaxed);
  }
}

// Whether the request is worth another try, after what made it fail was put right.
Task<bool> Client::repair(Failure* failure, HttpRequest* request, Attempt* attempt) {
  const int status = failure->head.status;
  if (status == 404 || status == 412 || (status >= 500 && status != 501)) co_return false;
  const bool mute = request->method == "HEAD" && failure->head.find("x-amz-bucket-region").empty();
  if (mute && !attempt->probed && (status == 400 || status == 301 || status == 307)) {
    attempt->probed = true;
    Task<Failure> probing = probe(std::move(*failure), attempt);
    *failure = co_await probing;
  }
  if (repair_region(*failure, *attempt)) co_return true;
  const bool refused = status == 400 || status == 401 || status == 403;
  if (refused && signer_.provider() && !attempt->clock_tried && signer_.set_clock_by(failure->head)) {
    attempt->clock_tried = true;
    co_return true;
  }
  if (signer_.provider() && !attempt->credentials_tried && means_stale_credentials(failure->head, failure->document)) {
    Task<bool> refreshing = repair_credentials(attempt);
    const bool fresh = co_await refreshing;
    if (fresh) co_return true;
  }
  co_return repair_checksum(*failure, *request, *attempt);
}

Task<std::unique_ptr<HttpResponse>> Client::send(HttpRequest request, Call call) {
  Attempt attempt;
  if (signer_.provider() && signer_.hashes_file(request)) {
    Task<std::string> hashing = payload_hash_of(request.body);
    attempt.file_hash = co_await hashing;
  }
  while (true) {
    const std::size_t unsigned_size = request.headers.size();
    if (!sign_now(request, attempt)) {
      Task<void> signing = sign_later(&request, &attempt);
      co_await signing;
    }
    Task<std::unique_ptr<HttpResponse>> sending = attempt.route->transport->lend(request);
    std::unique_ptr<HttpResponse> response = co_await sending;
    request.headers.resize(unsigned_size);  // as it was, should it be sent again
    if (response->head.ok()) {
      learn_of_checksums(request, attempt);
      co_return response;
    }
    if (response->head.status == 404 && call.absent_is_answer) co_return response;
    Task<Failure> reading = read_failure(std::move(response));
    Failure failure = co_await reading;
    Task<bool> repairing = repair(&failure, &request, &attempt);
    const bool again = co_await repairing;
    if (again) continue;
    Error error = error_of(failure.head, failure.document, wall_ns());
    throw naming_long_key(std::move(error), config_.prefix + std::string(call.path))
        .with_operation(std::string(call.operation))
        .with_where(std::string(call.path));
  }
}

Task<Client::Document> Client::document(HttpRequest request, Call call) {
  Task<std::unique_ptr<HttpResponse>> sending = send(std::move(request), call);
  std::unique_ptr<HttpResponse> response = co_await sending;
  Task<Bytes> reading = response->read_all(kDocumentLimit);
  Document document;
  document.body = co_await reading;
  document.head = std::move(response->head);
  const ErrorDocument error = document.head.ok() ? parse_error(document.body.view()) : ErrorDocument();
  if (error.is_error()) {
    throw error_of(document.head, error, wall_ns())
        .with_operation(std::string(call.operation))
        .with_where(std::string(call.path));
  }
  co_return document;
}

Task<std::string> Client::presigned_url(std::string_view method, std::string key, sigv4::Parameters parameters,
                                        std::int64_t expires_in) {
  const std::shared_ptr<const Route> route = this->route();
  const std::string path = object_path(base_, key);
  std::string query;
  if (CredentialsProvider* const provider = signer_.provider()) {
    std::shared_ptr<const Credentials> credentials = provider->cached();
    if (!credentials) {
      Task<std::shared_ptr<const Credentials>> fetching = provider->get();
      credentials = co_await fetching;
    }
    query = signer_.presigned_query(method, path, route->signed_for(), *credentials, std::move(parameters), expires_in);
  } else {
    query = sigv4::canonical_query(parameters);
  }
  std::string url = (route->endpoint.tls ? "https://" : "http://") + route->transport->host() + path;
  co_return query.empty() ? url : url.append("?").append(query);
}

}  // namespace genro::storage::s3

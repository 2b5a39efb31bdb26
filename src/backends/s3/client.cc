#include "backends/s3/client.h"

#include <utility>

#include "backend/body_bytes.h"
#include "backends/s3/error.h"
#include "backends/s3/requests.h"
#include "codec/digest.h"
#include "codec/hex.h"
#include "codec/xml_reader.h"
#include "genro/storage/error.h"
#include "loop/before.h"

namespace genro::storage::s3 {
namespace {

constexpr std::string_view kDefaultRegion = "us-east-1";
constexpr std::size_t kLocationLimit = std::size_t{1} << 20;

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

// As sigv4::payload_hash(), of a file.
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

// What Client::parse_failure() made.
const ErrorDocument& document_of(const std::shared_ptr<const void>& parsed) {
  return *static_cast<const ErrorDocument*>(parsed.get());
}

}  // namespace

Client::Client(Config config, Env& env, std::shared_ptr<CredentialsProvider> credentials,
               TransportFactory make_transport)
    : HttpObjectClient(env, config.http, std::move(make_transport)),
      config_(std::move(config)),
      signer_(clock_, std::move(credentials), config_.sign_payload),
      md5_(etags_are_md5(config_)) {
  const std::string region = config_.region.empty() ? std::string(kDefaultRegion) : config_.region;
  base_ = address_of(config_, region).base;
  set_route(route_to(region));
}

void Client::check_path(std::string_view operation, std::string_view path) const {
  const std::string_view fault = key_fault(path);
  if (fault.empty()) return;
  throw Error(ErrorCode::invalid_path, std::string(operation), std::string(path), std::string(fault));
}

ChecksumAlgorithm Client::checksum() const noexcept {
  return checksum_refused_.load(std::memory_order_relaxed) ? ChecksumAlgorithm::none : config_.checksum;
}

std::shared_ptr<const Client::Route> Client::route_to(std::string region) const {
  HttpEndpoint endpoint = address_of(config_, region).endpoint;
  return make_route(std::move(endpoint), std::move(region));
}

void Client::sign(HttpRequest& request, const Attempt& attempt) {
  const SignedFor where{attempt.route->region, attempt.route->transport->host()};
  signer_.sign(request, where, *static_cast<const Credentials*>(attempt.credentials.get()), attempt.body_hash);
}

bool Client::authorize(HttpRequest& request, Attempt& attempt) {
  if (!signer_.provider()) return true;
  if (attempt.body_hash.empty() && signer_.hashes_file(request)) return false;
  attempt.credentials = signer_.provider()->cached();
  if (attempt.credentials) sign(request, attempt);
  return attempt.credentials != nullptr;
}

Task<void> Client::authorize_later(HttpRequest* request, Attempt* attempt) {
  if (attempt->body_hash.empty() && signer_.hashes_file(*request)) {
    Task<std::string> hashing = payload_hash_of(request->body);
    attempt->body_hash = co_await hashing;
  }
  Task<std::shared_ptr<const Credentials>> fetching = signer_.provider()->get();
  attempt->credentials = co_await fetching;
  sign(*request, *attempt);
}

std::shared_ptr<const void> Client::parse_failure(const Bytes& body) const {
  return std::make_shared<const ErrorDocument>(parse_error_document(body.view()));
}

Error Client::decode_error(const Failure& failure, std::string_view path) const {
  Error error = error_of(failure.head, document_of(failure.document), wall_ns());
  return naming_long_key(std::move(error), config_.prefix + std::string(path));
}

std::optional<Error> Client::error_in_success(const Document& document) const {
  const ErrorDocument error = parse_error_document(document.body.view());
  if (!error.is_error()) return std::nullopt;
  return error_of(document.head, error, wall_ns());
}

// A failed HEAD has no body to say why. The answer to another small question of the same kind does: it becomes the failure's,
// or names the region, which is returned.
Task<std::string> Client::probe(Failure* failure, Attempt* attempt) {
  HttpRequest question = bucket_location(base_);
  if (!authorize(question, *attempt)) {
    Task<void> authorizing = authorize_later(&question, attempt);
    co_await authorizing;
  }
  Task<std::unique_ptr<HttpResponse>> asking = attempt->route->transport->send(std::move(question));
  std::unique_ptr<HttpResponse> response = co_await asking;
  if (response->head.ok()) {
    Task<Bytes> reading = within(kLongestRefusal, response->read_all(kLocationLimit));
    const Bytes body = co_await reading;
    co_return location_of(body.view());
  }
  Task<Failure> reading = read_failure(std::move(response));
  Failure other = co_await reading;
  failure->document = std::move(other.document);
  co_return std::string(other.head.find("x-amz-bucket-region"));
}

bool Client::recover_region(const Failure& failure, std::string region, Attempt& attempt) {
  if (const std::string_view said = failure.head.find("x-amz-bucket-region"); !said.empty()) region = said;
  if (region.empty() || region == attempt.route->region || (attempt.tried & kRegion) != 0) return false;
  for (const char c : region) {
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
      return false;  // it becomes a part of a host name
  }
  attempt.tried |= kRegion;
  if (route()->region == region) return true;  // another request found it meanwhile
  set_route(route_to(std::move(region)));
  return true;
}

bool Client::means_stale_credentials(const Failure& failure) const {
  return s3::means_stale_credentials(failure.head, document_of(failure.document));
}

// Fresh credentials, when the provider has others than those that were refused.
Task<bool> Client::refresh_credentials(Attempt* attempt) {
  const auto refused = std::static_pointer_cast<const Credentials>(attempt->credentials);
  signer_.provider()->invalidate(refused);
  Task<std::shared_ptr<const Credentials>> fetching = signer_.provider()->get();
  const std::shared_ptr<const Credentials> fresh = co_await fetching;
  co_return fresh != refused;
}

// A server refuses a header that it does not know each time, and a request that was spoilt on its way once only: so it is
// asked again as it is first. One that has taken a checksum knows them: then the refusal means something else.
bool Client::recover_checksum(const Failure& failure, HttpRequest& request, Attempt& attempt) const {
  if (!config_.checksum_may_fall || config_.endpoint_url.empty() || (attempt.tried & kChecksumDropped) != 0 ||
      checksum_taken_.load(std::memory_order_relaxed)) {
    return false;
  }
  if (request.headers.find("x-amz-checksum-") == std::string::npos) return false;
  if (!means_unknown_checksum(failure.head, document_of(failure.document))) return false;
  if (!attempt.first(kChecksumRefused)) {
    attempt.tried |= kChecksumDropped;
    strip_checksums(request);
  }
  return true;
}

// What a success shows of the server's knowledge of checksums.
void Client::succeeded(const HttpRequest& request, const Attempt& attempt) noexcept {
  if (checksum_taken_.load(std::memory_order_relaxed)) return;
  if ((attempt.tried & kChecksumDropped) != 0) {
    checksum_refused_.store(true, std::memory_order_relaxed);
  } else if (request.method != "GET" && request.headers.find("x-amz-checksum-") != std::string::npos) {
    checksum_taken_.store(true, std::memory_order_relaxed);
  }
}

Task<bool> Client::recover(Failure* failure, HttpRequest* request, Attempt* attempt) {
  const int status = failure->head.status;
  if (status == 404 || status == 412 || (status >= 500 && status != 501)) co_return false;
  std::string region;
  const bool mute = request->method == "HEAD" && failure->head.find("x-amz-bucket-region").empty();
  if (mute && (status == 400 || status == 301 || status == 307) && attempt->first(kProbe)) {
    Task<std::string> probing = probe(failure, attempt);
    region = co_await probing;
  }
  if (region.empty()) region = document_of(failure->document).region;
  if (recover_region(*failure, std::move(region), *attempt)) co_return true;
  Task<bool> recovering = HttpObjectClient::recover(failure, request, attempt);
  const bool again = co_await recovering;
  co_return again || recover_checksum(*failure, *request, *attempt);
}

Task<std::string> Client::presigned_url(std::string_view method, std::string key, sigv4::Parameters parameters,
                                        std::int64_t expires_in) {
  check_path("url", key);
  const std::shared_ptr<const Route> route = this->route();
  const std::string path = object_path(base_, key);
  std::string query;
  if (CredentialsProvider* const provider = signer_.provider()) {
    std::shared_ptr<const Credentials> credentials = provider->cached();
    if (!credentials) {
      Task<std::shared_ptr<const Credentials>> fetching = provider->get();
      credentials = co_await fetching;
    }
    query = signer_.presigned_query(method, path, SignedFor{route->region, route->transport->host()}, *credentials,
                                    std::move(parameters), expires_in);
  } else {
    query = sigv4::canonical_query(parameters);
  }
  std::string url = (route->endpoint.tls ? "https://" : "http://") + route->transport->host() + path;
  co_return query.empty() ? url : url.append("?").append(query);
}

}  // namespace genro::storage::s3

#include "backends/s3_client.h"

#include <array>
#include <chrono>
#include <cstdlib>
#include <span>
#include <utility>
#include <vector>

#include "backends/s3_error.h"
#include "backends/s3_requests.h"
#include "codec/http_date.h"
#include "codec/xml_reader.h"
#include "genro/storage/error.h"
#include "net/http_client.h"

namespace genro::storage::s3 {
namespace {

constexpr std::string_view kDefaultRegion = "us-east-1";
constexpr std::size_t kErrorLimit = std::size_t{1} << 20;
constexpr std::size_t kDocumentLimit = std::size_t{64} << 20;
// S3 refuses what is more than 15 minutes off; less than this is no reason of a refusal.
constexpr std::int64_t kTolerableSkew = 240'000'000'000;
constexpr std::size_t kHashedBody = std::size_t{1} << 16;

// The header lines of a request, for signing. Names are in lower case already. Valid until the next call on this thread.
std::span<const sigv4::Header> header_views(std::string_view lines, std::string_view host) {
  thread_local std::vector<sigv4::Header> headers;
  headers.clear();
  headers.push_back({"host", host});
  while (!lines.empty()) {
    const std::size_t end = lines.find("\r\n");
    const std::size_t colon = lines.find(": ");
    headers.push_back({lines.substr(0, colon), lines.substr(colon + 2, end - colon - 2)});
    lines.remove_prefix(end + 2);
  }
  return headers;
}

// A line of our own making: nothing in it needs a look.
void append_line(std::string_view name, std::string_view value, HttpRequest& to) {
  to.headers.append(name).append(": ").append(value).append("\r\n");
}

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

}  // namespace

// What has been repaired for one request; each kind of repair has one go.
struct Client::Attempt {
  std::shared_ptr<const Route> route;
  std::shared_ptr<const Credentials> credentials;
  bool region_tried = false;
  bool clock_tried = false;
  bool credentials_tried = false;
  bool checksum_tried = false;
  bool probed = false;
};

Client::Client(Config config, Env& env, std::shared_ptr<CredentialsProvider> credentials,
               TransportFactory make_transport)
    : config_(std::move(config)),
      env_(env),
      credentials_(std::move(credentials)),
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

sigv4::Timestamp Client::now() const noexcept {
  const std::chrono::nanoseconds since(wall_ns());
  return sigv4::Timestamp(std::chrono::sys_seconds(std::chrono::floor<std::chrono::seconds>(since)));
}

void Client::sign(HttpRequest& request, const Route& route, const Credentials& credentials) {
  const sigv4::Identity identity{credentials.access_key, credentials.secret_key, credentials.session_token};
  const sigv4::Timestamp time = now();
  const std::shared_ptr<const sigv4::SigningKey> key = keys_.get(identity, time.date(), route.region, "s3");
  std::string hash;
  std::string_view payload = sigv4::kUnsignedPayload;
  if (request.body.size() == 0) {
    payload = sigv4::kEmptyPayload;
  } else if (config_.sign_payload || (request.method == "POST" && request.body.size() <= kHashedBody)) {
    hash = sigv4::payload_hash(request.body.flatten().view());
    payload = hash;
  }
  append_line("x-amz-content-sha256", payload, request);
  append_line("x-amz-date", time.date_time(), request);
  if (!identity.session_token.empty()) request.add_header("x-amz-security-token", identity.session_token);
  const std::string_view target = request.target;
  const std::size_t question = target.find('?');
  const std::string_view query = question == std::string_view::npos ? std::string_view() : target.substr(question + 1);
  const std::span<const sigv4::Header> headers = header_views(request.headers, route.transport->host());
  const sigv4::Request view{request.method, target.substr(0, question), query, headers, payload};
  thread_local std::string value;  // not at once into the lines that are being signed
  value.clear();
  sigv4::append_authorization(*key, time, view, value);
  append_line("authorization", value, request);
}

// Where it goes and who signs it. False when credentials have to be waited for: then sign_later() does the rest.
bool Client::sign_now(HttpRequest& request, Attempt& attempt) {
  attempt.route = route();
  if (!credentials_) return true;
  attempt.credentials = credentials_->cached();
  if (attempt.credentials) sign(request, *attempt.route, *attempt.credentials);
  return attempt.credentials != nullptr;
}

Task<void> Client::sign_later(HttpRequest* request, Attempt* attempt) {
  Task<std::shared_ptr<const Credentials>> fetching = credentials_->get();
  attempt->credentials = co_await fetching;
  sign(*request, *attempt->route, *attempt->credentials);
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

bool Client::repair_clock(const Failure& failure, Attempt& attempt) {
  const std::optional<std::int64_t> theirs = parse_http_date(failure.head.find("date"));
  if (!theirs || !credentials_ || attempt.clock_tried) return false;
  const std::int64_t off = *theirs - wall_ns();
  if (off > -kTolerableSkew && off < kTolerableSkew) return false;
  attempt.clock_tried = true;
  skew_ns_.store(*theirs - env_.clock->wall_ns(), std::memory_order_relaxed);
  return true;
}

// Fresh credentials, when the provider has others than those that were refused.
Task<bool> Client::repair_credentials(Attempt* attempt) {
  attempt->credentials_tried = true;
  credentials_->invalidate(attempt->credentials);
  Task<std::shared_ptr<const Credentials>> fetching = credentials_->get();
  const std::shared_ptr<const Credentials> fresh = co_await fetching;
  co_return fresh != attempt->credentials;
}

bool Client::repair_checksum(const Failure& failure, HttpRequest& request, Attempt& attempt) const {
  if (!config_.checksum_may_fall || config_.endpoint_url.empty() || attempt.checksum_tried) return false;
  if (request.headers.find("x-amz-checksum-") == std::string::npos) return false;
  if (!means_unknown_checksum(failure.head, failure.document)) return false;
  attempt.checksum_tried = true;
  strip_checksums(request);
  return true;
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
  if ((status == 400 || status == 401 || status == 403) && repair_clock(*failure, *attempt)) co_return true;
  if (credentials_ && !attempt->credentials_tried && means_stale_credentials(failure->head, failure->document)) {
    Task<bool> refreshing = repair_credentials(attempt);
    const bool fresh = co_await refreshing;
    if (fresh) co_return true;
  }
  co_return repair_checksum(*failure, *request, *attempt);
}

Task<std::unique_ptr<HttpResponse>> Client::send(HttpRequest request, Call call) {
  Attempt attempt;
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
      if (attempt.checksum_tried) checksum_refused_.store(true, std::memory_order_relaxed);
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

std::string Client::presigned_url(std::string_view method, const std::string& key, sigv4::Parameters parameters,
                                  std::int64_t expires_in) {
  const std::shared_ptr<const Route> route = this->route();
  const std::string path = object_path(base_, key);
  std::string query;
  if (credentials_) {
    std::shared_ptr<const Credentials> credentials = credentials_->cached();
    if (!credentials) credentials = credentials_->get().get();
    const sigv4::Identity identity{credentials->access_key, credentials->secret_key, credentials->session_token};
    const sigv4::Timestamp time = now();
    const std::shared_ptr<const sigv4::SigningKey> signer = keys_.get(identity, time.date(), route->region, "s3");
    const std::array<sigv4::Header, 1> headers = {{{"host", route->transport->host()}}};
    const sigv4::Request view{method, path, {}, headers, sigv4::kUnsignedPayload};
    query = sigv4::presigned_query(*signer, time, view, std::move(parameters), expires_in, identity.session_token);
  } else {
    query = sigv4::canonical_query(parameters);
  }
  std::string url = (route->endpoint.tls ? "https://" : "http://") + route->transport->host() + path;
  return query.empty() ? url : url.append("?").append(query);
}

}  // namespace genro::storage::s3

#include "backends/s3/signer.h"

#include <array>
#include <chrono>
#include <span>
#include <utility>
#include <vector>

namespace genro::storage::s3 {
namespace {

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

}  // namespace

sigv4::Timestamp Signer::now() const noexcept {
  const std::chrono::nanoseconds since(clock_.wall_ns());
  return sigv4::Timestamp(std::chrono::sys_seconds(std::chrono::floor<std::chrono::seconds>(since)));
}

void Signer::sign(HttpRequest& request, SignedFor where, const Credentials& credentials, std::string_view file_hash) {
  const sigv4::Identity identity{credentials.access_key, credentials.secret_key, credentials.session_token};
  const sigv4::Timestamp time = now();
  const std::shared_ptr<const sigv4::SigningKey> key = keys_.get(identity, time.date(), where.region, "s3");
  std::string hash;
  std::string_view payload = sigv4::kUnsignedPayload;
  if (request.body.size() == 0) {
    payload = sigv4::kEmptyPayload;
  } else if (!file_hash.empty()) {
    payload = file_hash;
  } else if (!request.body.is_file() &&
             (whole_bodies_ || (request.method == "POST" && request.body.size() <= kHashedBody))) {
    hash = sigv4::payload_hash(request.body.flatten().view());
    payload = hash;
  }
  append_line("x-amz-content-sha256", payload, request);
  append_line("x-amz-date", time.date_time(), request);
  if (!identity.session_token.empty()) request.add_header("x-amz-security-token", identity.session_token);
  const std::string_view target = request.target;
  const std::size_t question = target.find('?');
  const std::string_view query = question == std::string_view::npos ? std::string_view() : target.substr(question + 1);
  const std::span<const sigv4::Header> headers = header_views(request.headers, where.host);
  const sigv4::Request view{request.method, target.substr(0, question), query, headers, payload};
  thread_local std::string value;  // not at once into the lines that are being signed
  value.clear();
  sigv4::append_authorization(*key, time, view, value);
  append_line("authorization", value, request);
}

std::string Signer::presigned_query(std::string_view method, const std::string& path, SignedFor where,
                                    const Credentials& credentials, sigv4::Parameters parameters,
                                    std::int64_t expires_in) {
  const sigv4::Identity identity{credentials.access_key, credentials.secret_key, credentials.session_token};
  const sigv4::Timestamp time = now();
  const std::shared_ptr<const sigv4::SigningKey> key = keys_.get(identity, time.date(), where.region, "s3");
  const std::array<sigv4::Header, 1> headers = {{{"host", where.host}}};
  const sigv4::Request view{method, path, {}, headers, sigv4::kUnsignedPayload};
  return sigv4::presigned_query(*key, time, view, std::move(parameters), expires_in, identity.session_token);
}

}  // namespace genro::storage::s3

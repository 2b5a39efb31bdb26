// AWS Signature Version 4, as S3 and other AWS services take it: pure functions, no clock, no I/O.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
// Used by backends and credential sources. Give it the path and query exactly as they go out on the wire: a path
// encoded once more or less is the usual reason of SignatureDoesNotMatch.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/aws/signing_key.h"

namespace genro::storage::sigv4 {

inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";
// For bodies in aws-chunked form that carry their checksum in a trailer.
inline constexpr std::string_view kUnsignedTrailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
inline constexpr std::string_view kEmptyPayload = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

struct Header {
  std::string_view name;  // lower case
  std::string_view value;
};

// What is signed. All headers given here are; `host` must be among them. Any order.
struct Request {
  std::string_view method;
  std::string_view path;   // percent-encoded, begins with '/'
  std::string_view query;  // as canonical_query() makes it, without '?'
  std::span<const Header> headers;
  std::string_view payload_hash;  // hex SHA-256 of the body, or one of the constants above
};

// Parameters of a query, not yet encoded.
using Parameters = std::vector<std::pair<std::string, std::string>>;

// "a=1&b=": percent-encoded and sorted as a signature needs it.
std::string canonical_query(const Parameters& parameters);

// The value of the Authorization header.
std::string authorization(const SigningKey& key, const Timestamp& time, const Request& request);
// The same at the end of `out`, which `request` must not look into.
void append_authorization(const SigningKey& key, const Timestamp& time, const Request& request, std::string& out);

// The whole query of a presigned URL: `parameters`, the X-Amz-… ones and, last, the signature. `request.query` must
// be empty. `session_token` may be "". `expires_in` is in seconds, 1 to 604800 at AWS.
std::string presigned_query(const SigningKey& key, const Timestamp& time, const Request& request, Parameters parameters,
                            std::int64_t expires_in, std::string_view session_token);

// The first step of a signature by itself, for tests and for comparing with what a server says it computed.
std::string canonical_request(const Request& request);

// The lower-case hexadecimal SHA-256 of a body.
std::string payload_hash(std::string_view body);

}  // namespace genro::storage::sigv4

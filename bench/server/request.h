// One HTTP/1.1 request head as the benchmark's S3 server needs it: parsed once, every field a view into the head.
// Used by fixed_s3.cc and objects.cc only. Not a general parser: it trusts its clients (loopback, benchmark only).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fixed_s3 {

struct Request {
  std::string_view method;
  std::string path;   // percent-decoded, with its leading slash
  std::string query;  // as sent
  std::string range;  // value of Range, "" if none
  std::string depth;  // WebDAV's
  std::string if_match;
  std::string copy_source;
  std::string checksum;  // "name: value" of the x-amz-checksum-* header sent, to be echoed
  std::int64_t content_length = 0;
  std::int64_t decoded_length = -1;  // x-amz-decoded-content-length, -1 if none
  bool chunked = false;              // Transfer-Encoding
  bool aws_chunked = false;          // Content-Encoding, or a streaming payload hash
  bool expect_continue = false;
  bool wants_checksum = false;  // x-amz-checksum-mode: ENABLED
  bool close = false;
};

// `head` ends with the blank line. The method stays a view into `head`. nullopt: not HTTP.
std::optional<Request> parse_request(std::string_view head);

// Value of one query parameter, percent-decoded; nullopt if it is not there, "" if it has no value.
std::optional<std::string> query_value(std::string_view query, std::string_view name);

// The payload inside an aws-chunked body ("hex[;chunk-signature=...]CRLF data CRLF ... 0 CRLF trailers").
std::string decode_aws_chunked(std::string_view body);

}  // namespace fixed_s3

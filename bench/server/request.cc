#include "request.h"

#include <strings.h>
#include <charconv>

namespace fixed_s3 {
namespace {

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::int64_t number(std::string_view text, int base = 10) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out.push_back(static_cast<char>(number(text.substr(i + 1, 2), 16)));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

void take_header(Request& request, std::string_view name, std::string_view value) {
  switch (name.size()) {  // most headers are not ours: the length sorts them out cheaply
    case 5:
      if (same(name, "range")) request.range = value;
      if (same(name, "depth")) request.depth = value;
      break;
    case 6:
      if (same(name, "expect")) request.expect_continue = same(value, "100-continue");
      break;
    case 8:
      if (same(name, "if-match")) request.if_match = value;
      break;
    case 10:
      if (same(name, "x-ms-range")) request.range = value;
      if (same(name, "connection")) request.close = same(value, "close");
      break;
    case 14:
      if (same(name, "content-length")) request.content_length = number(value);
      break;
    case 16:
      if (same(name, "content-encoding") && value.find("aws-chunked") != std::string_view::npos) {
        request.aws_chunked = true;
      }
      break;
    case 17:
      if (same(name, "transfer-encoding")) request.chunked = same(value, "chunked");
      if (same(name, "x-amz-copy-source")) request.copy_source = value;
      break;
    case 19:
      if (same(name, "x-amz-checksum-mode")) request.wants_checksum = same(value, "enabled");
      break;
    case 20:
      if (same(name, "x-amz-content-sha256") && value.starts_with("STREAMING-")) request.aws_chunked = true;
      break;
    case 28:
      if (same(name, "x-amz-decoded-content-length")) request.decoded_length = number(value);
      break;
    default: break;
  }
  if (name.size() > 15 && same(name.substr(0, 15), "x-amz-checksum-") && !same(name, "x-amz-checksum-mode") &&
      !same(name, "x-amz-checksum-type") && !same(name, "x-amz-checksum-algorithm")) {
    request.checksum.assign(name).append(": ").append(value);
  }
}

}  // namespace

std::optional<Request> parse_request(std::string_view head) {
  Request request;
  const auto line_end = head.find("\r\n");
  const auto line = head.substr(0, line_end);
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || last <= first || !line.substr(last + 1).starts_with("HTTP/1.")) return {};
  request.method = line.substr(0, first);
  auto target = line.substr(first + 1, last - first - 1);
  if (target.starts_with("http")) target.remove_prefix(target.find('/', 8));  // absolute form
  const auto question = target.find('?');
  request.path = percent_decoded(target.substr(0, question));
  if (question != std::string_view::npos) request.query = target.substr(question + 1);
  std::size_t at = line_end + 2;
  while (at < head.size()) {
    const auto end = head.find("\r\n", at);
    if (end == at || end == std::string_view::npos) break;
    const auto colon = head.find(':', at);
    if (colon < end) {
      auto value = head.substr(colon + 1, end - colon - 1);
      while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
      take_header(request, head.substr(at, colon - at), value);
    }
    at = end + 2;
  }
  return request;
}

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto pair = query.substr(0, end);
    const auto equals = pair.find('=');
    if (pair.substr(0, equals) == name) {
      return equals == std::string_view::npos ? std::string() : percent_decoded(pair.substr(equals + 1));
    }
    if (end == std::string_view::npos) break;
    query.remove_prefix(end + 1);
  }
  return {};
}

std::string decode_aws_chunked(std::string_view body) {
  std::string out;
  std::size_t at = 0;
  while (at < body.size()) {
    const auto line_end = body.find("\r\n", at);
    if (line_end == std::string_view::npos) break;
    const auto size = static_cast<std::size_t>(number(body.substr(at, line_end - at), 16));
    if (size == 0) break;
    out.append(body.substr(line_end + 2, size));
    at = line_end + 2 + size + 2;
  }
  return out;
}

}  // namespace fixed_s3

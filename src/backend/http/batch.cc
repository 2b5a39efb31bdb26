#include "backend/http/batch.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "genro/storage/error.h"
#include "net/ascii.h"
#include "net/http_parser.h"

namespace genro::storage {
namespace {

constexpr std::string_view kBatchBoundary = "batch-5f2b1c7e-9a80-4d63-8f3e-2a17c0de4b96";

[[noreturn]] void bad_batch() { throw Error(ErrorCode::protocol, "the server did not answer all calls of a batch"); }

std::string boundary_in(std::string_view content_type) {
  constexpr std::string_view kName = "boundary=";
  const std::size_t at = content_type.find(kName);
  if (at == std::string_view::npos) bad_batch();
  std::string_view text = content_type.substr(at + kName.size());
  if (text.starts_with('"')) {
    text.remove_prefix(1);
    text = text.substr(0, text.find('"'));
  } else {
    text = text.substr(0, text.find_first_of("; \t"));
  }
  if (text.empty()) bad_batch();
  return std::string(text);
}

/// "Content-ID: <response-3>"; nothing when there is none.
std::optional<std::size_t> number_in(std::string_view head) {
  constexpr std::string_view kName = "content-id:";
  while (!head.empty()) {
    const std::size_t end = head.find('\n');
    std::string_view line = head.substr(0, end);
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + 1);
    if (line.size() < kName.size() || !equal_ignoring_case(line.substr(0, kName.size()), kName)) continue;
    const std::size_t digits = line.find_first_of("0123456789");
    if (digits == std::string_view::npos) return std::nullopt;
    std::size_t number = 0;
    const auto [at, status] = std::from_chars(line.data() + digits, line.data() + line.size(), number);
    return status == std::errc() ? std::optional(number) : std::nullopt;
  }
  return std::nullopt;
}

/// Splits after the first empty line, whatever its line ends are. What is before it goes into `head`.
std::string_view after_head(std::string_view text, std::string_view& head) {
  const std::size_t crlf = text.find("\r\n\r\n");
  const std::size_t lf = text.find("\n\n");
  const std::size_t at = std::min(crlf, lf);
  if (at == std::string_view::npos) bad_batch();
  head = text.substr(0, at);
  return text.substr(at + (at == crlf ? 4 : 2));
}

BatchAnswer answer_in(std::string_view text) {
  BatchAnswer answer;
  HttpHeadParser parser;
  std::string whole(text);
  if (whole.find("\r\n\r\n") == std::string::npos) whole += "\r\n\r\n";
  const std::size_t size = parser.parse(whole, answer.head);
  if (size == 0) bad_batch();
  answer.body = whole.substr(size);
  return answer;
}

}  // namespace

void HttpBatch::add(std::string_view method, std::string_view target, std::string_view headers) {
  calls_.append("--").append(kBatchBoundary).append("\r\nContent-Type: application/http\r\n");
  calls_.append("Content-Transfer-Encoding: binary\r\nContent-ID: <")
      .append(std::to_string(size_++))
      .append(">\r\n\r\n");
  calls_.append(method).append(" ").append(target).append(" HTTP/1.1\r\n").append(headers).append("\r\n\r\n");
}

HttpRequest HttpBatch::request(std::string target) {
  HttpRequest request;
  request.method = "POST";
  request.target = std::move(target);
  request.add_header("content-type", std::string("multipart/mixed; boundary=").append(kBatchBoundary));
  calls_.append("--").append(kBatchBoundary).append("--\r\n");
  request.body = Bytes::copy_of(calls_);
  return request;
}

std::vector<BatchAnswer> parse_batch(std::string_view document, std::string_view content_type, std::size_t count) {
  const std::string delimiter = "--" + boundary_in(content_type);
  std::vector<std::optional<BatchAnswer>> found(count);
  std::size_t at = document.find(delimiter);
  for (std::size_t order = 0; at != std::string_view::npos; ++order) {
    const std::size_t begin = at + delimiter.size();
    if (document.substr(begin).starts_with("--")) break;
    at = document.find(delimiter, begin);
    if (at == std::string_view::npos) bad_batch();
    std::string_view head;
    const std::string_view inside = after_head(document.substr(begin, at - begin), head);
    const std::size_t number = number_in(head).value_or(order);
    if (number >= count || found[number]) bad_batch();
    found[number] = answer_in(inside);
  }
  std::vector<BatchAnswer> answers;
  answers.reserve(count);
  for (std::optional<BatchAnswer>& answer : found) {
    if (!answer) bad_batch();
    answers.push_back(std::move(*answer));
  }
  return answers;
}

}  // namespace genro::storage

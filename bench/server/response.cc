#include "response.h"

#include <ctime>
#include <random>

namespace fixed_s3 {
namespace {

std::string_view http_date() {  // clients compare it with their clock, so it is the real one
  static std::time_t last = 0;
  static char text[40];
  const auto now = std::time(nullptr);
  if (now != last) {
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc);
    last = now;
  }
  return text;
}

}  // namespace

const std::string& pattern() {
  static const std::string bytes = [] {
    std::mt19937_64 random(20260000);  // a fixed seed: the clients check these bytes
    std::string out(kPatternSize, '\0');
    for (auto& byte : out) byte = static_cast<char>(random() >> 56);
    return out;
  }();
  return bytes;
}

std::string response_head(std::string_view status, std::size_t length, std::string_view headers) {
  std::string out;
  out.reserve(384);
  out.append("HTTP/1.1 ").append(status).append("\r\nServer: fixed-s3\r\nDate: ").append(http_date());
  out.append("\r\nx-amz-request-id: 4442587FB7D0A2F9\r\nContent-Length: ")
      .append(std::to_string(length))
      .append("\r\n");
  out.append(headers).append("\r\n");
  return out;
}

Response xml_response(std::string_view status, std::string text) {
  Response response;
  response.text = std::string(kXml) + std::move(text);
  response.head = response_head(status, response.text.size(), "Content-Type: application/xml\r\n");
  return response;
}

Response empty_response(std::string_view status, std::string_view headers) {
  Response response;
  response.head = response_head(status, 0, headers);
  return response;
}

Response error_response(std::string_view status, std::string_view code) {
  return xml_response(
      status, "<Error><Code>" + std::string(code) + "</Code><Message>" + std::string(code) + "</Message></Error>");
}

}  // namespace fixed_s3

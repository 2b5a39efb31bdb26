// What the fixed-response S3 server sends: a head, and a body that was made, is kept elsewhere, or is bytes of the pattern.
// Used by everything that answers, and by connection.cc, which sends it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace fixed_s3 {

// Bytes of an object: byte i is pattern[i % kPatternSize]. The period is prime, so that parts in a wrong order show.
inline constexpr std::size_t kPatternSize = 1'048'573;
const std::string& pattern();

struct Response {
  std::string head;              // status line and headers, with the blank line
  std::string text;              // body that was made for this response
  std::string_view fixed;        // body that outlives the connection
  std::size_t pattern_at = 0;    // else a body of pattern bytes from here...
  std::size_t pattern_size = 0;  // ... of this length
};

inline constexpr std::string_view kXml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

// Status line and headers with the blank line; `headers` are whole lines.
std::string response_head(std::string_view status, std::size_t length, std::string_view headers);
Response xml_response(std::string_view status, std::string text);  // without the declaration, which is put in front
Response empty_response(std::string_view status, std::string_view headers = "");
Response error_response(std::string_view status, std::string_view code);

}  // namespace fixed_s3

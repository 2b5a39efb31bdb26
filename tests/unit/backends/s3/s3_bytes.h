// Heads of HTTP responses from text, for tests of parsers that need no network.
#pragma once

#include <stdexcept>
#include <string>

#include "net/http_parser.h"

namespace genro::storage::s3 {

// "HTTP/1.1 200 OK\nETag: \"x\"\n": line feeds become line ends.
inline HttpHead head_of(const std::string& lines) {
  std::string text;
  for (const char c : lines) {
    if (c == '\n') text += '\r';
    text += c;
  }
  text += "\r\n";
  HttpHead head;
  HttpHeadParser parser;
  if (parser.parse(text, head) != text.size()) throw std::invalid_argument("not a head: " + lines);
  return head;
}

}  // namespace genro::storage::s3
